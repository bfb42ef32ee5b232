#include <limits>
#include <nlohmann/json.hpp>

#include "tests/support/strict_decoder_json.hpp"
#include "tests/support/strict_rules.hpp"

namespace muster::test::strict {
namespace {

using nlohmann::json;

constexpr std::int64_t int_min = std::numeric_limits<std::int32_t>::min();
constexpr std::int64_t int_max = std::numeric_limits<std::int32_t>::max();
constexpr std::int64_t long_min = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t long_max = std::numeric_limits<std::int64_t>::max();

/// Parses, refusing what nlohmann lets pass: keys that come twice.
json parse(std::string_view body) {
  std::vector<std::set<std::string>> keys;
  const auto watch = [&keys](int, json::parse_event_t event, json& parsed) {
    if (event == json::parse_event_t::object_start) keys.emplace_back();
    if (event == json::parse_event_t::object_end) keys.pop_back();
    if (event == json::parse_event_t::key && !keys.back().insert(parsed.get<std::string>()).second)
      fail(parsed.get<std::string>(), "comes twice in one object");
    return true;
  };
  try {
    return json::parse(body, watch);
  } catch (const json::exception& error) {
    throw StrictError(error.what());
  }
}

const json& object_with(const std::string& path, const json& value, const std::set<std::string, std::less<>>& keys) {
  if (!value.is_object()) fail(path, "is no object");
  for (const auto& [key, member] : value.items()) {
    if (!keys.contains(key)) fail(path + "." + key, "is unknown");
    if (member.is_null()) fail(path + "." + key, "is null");
  }
  return value;
}

const json& member(const std::string& path, const json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end()) fail(path, std::string("has no ") + key);
  return *found;
}

std::string text(const std::string& path, const json& value) {
  if (!value.is_string()) fail(path, "is no text: " + value.dump());
  return value.get<std::string>();
}

std::int64_t integer(const std::string& path, const json& value, std::int64_t lowest, std::int64_t highest) {
  if (!value.is_number_integer()) fail(path, "is no whole number: " + value.dump());
  return number(path, value.dump(), lowest, highest);
}

const json& array(const std::string& path, const json& object, const char* key) {
  const json& value = member(path, object, key);
  if (!value.is_array()) fail(path + "." + key, "is no array");
  return value;
}

void read_port(const std::string& path, const std::string& key, const json& value, StrictInstance& out) {
  const std::string inner = path + "." + key;
  object_with(inner, value, {"$", "@enabled"});
  out.numbers[key + ".$"] = integer(inner + ".$", member(inner, value, "$"), 0, 65535);
  out.texts[key + ".@enabled"] = text(inner + ".@enabled", member(inner, value, "@enabled"));
}

void read_data_center(const std::string& path, const json& value, StrictInstance& out) {
  const std::string inner = path + ".dataCenterInfo";
  object_with(inner, value, {"@class", "name", "metadata"});
  out.texts["dataCenterInfo.@class"] = text(inner + ".@class", member(inner, value, "@class"));
  out.texts["dataCenterInfo.name"] = text(inner + ".name", member(inner, value, "name"));
  const bool amazon = out.texts["dataCenterInfo.name"] == "Amazon";
  if (amazon != value.contains("metadata")) fail(inner, "has metadata where only Amazon's has it, or lacks it");
  if (!amazon) return;
  if (!value["metadata"].is_object()) fail(inner + ".metadata", "is no object");
  for (const auto& [key, entry] : value["metadata"].items()) {
    if (key == "@class") fail(inner + ".metadata.@class", "names a type to build");
    out.data_center_metadata[key] = text(inner + ".metadata." + key, entry);
  }
}

void read_lease(const std::string& path, const json& value, StrictInstance& out) {
  const std::string inner = path + ".leaseInfo";
  object_with(inner, value,
              {"renewalIntervalInSecs", "durationInSecs", "registrationTimestamp", "lastRenewalTimestamp",
               "renewalTimestamp", "evictionTimestamp", "serviceUpTimestamp"});
  for (const auto& [key, member_value] : value.items()) {
    const bool seconds = key.ends_with("Secs");
    out.numbers["leaseInfo." + key] =
        integer(inner + "." + key, member_value, seconds ? 1 : long_min, seconds ? int_max : long_max);
  }
}

void read_metadata(const std::string& path, const json& value, StrictInstance& out) {
  const std::string inner = path + ".metadata";
  if (!value.is_object()) fail(inner, "is no object");
  const auto type = value.find("@class");
  if (value.empty() || (type != value.end() && (value.size() != 1 || *type != "java.util.Collections$EmptyMap")))
    fail(inner, "is empty without the marker for that, or has the marker and is not");
  for (const auto& [key, entry] : value.items())
    if (key != "@class") out.metadata[key] = text(inner + "." + key, entry);
}

void read_field(const std::string& path, const std::string& key, const json& value, eureka::Shape shape,
                StrictInstance& out) {
  const std::string inner = path + "." + key;
  if (key == "port" || key == "securePort") return read_port(path, key, value, out);
  if (key == "dataCenterInfo") return read_data_center(path, value, out);
  if (key == "leaseInfo") return read_lease(path, value, out);
  if (key == "metadata") return read_metadata(path, value, out);
  if (key == "countryId") {
    out.numbers[key] = integer(inner, value, int_min, int_max);
  } else if (key.ends_with("Timestamp")) {
    out.numbers[key] = shape == eureka::Shape::compact ? integer(inner, value, long_min, long_max)
                                                       : number(inner, text(inner, value), long_min, long_max);
  } else {
    out.texts[key] = text(inner, value);
  }
}

StrictInstance read_instance(const std::string& path, const json& value, eureka::Shape shape) {
  object_with(path, value, shape == eureka::Shape::full ? full_keys : compact_keys);
  if (shape == eureka::Shape::full) member(path, value, "metadata");
  StrictInstance out;
  for (const auto& [key, field] : value.items()) read_field(path, key, field, shape, out);
  check(path, out, shape);
  return out;
}

StrictApplication read_application(const std::string& path, const json& value, eureka::Shape shape) {
  object_with(path, value, {"name", "instance"});
  StrictApplication out{text(path + ".name", member(path, value, "name")), {}};
  for (const json& instance : array(path, value, "instance")) {
    const std::string inner = path + ".instance[" + std::to_string(out.instances.size()) + "]";
    out.instances.push_back(read_instance(inner, instance, shape));
    if (out.instances.back().texts["app"] != out.name) fail(inner + ".app", "is not the name of its application");
  }
  return out;
}

}  // namespace

StrictList decode_list_json(std::string_view body, eureka::Shape shape) {
  const json document = parse(body);
  const json& list = member("", object_with("", document, {"applications"}), "applications");
  object_with("applications", list, {"versions__delta", "apps__hashcode", "application"});
  StrictList out;
  out.version = text("versions__delta", member("applications", list, "versions__delta"));
  number("versions__delta", out.version, -1, long_max);
  out.hash = text("apps__hashcode", member("applications", list, "apps__hashcode"));
  for (const json& application : array("applications", list, "application")) {
    const std::string path = "application[" + std::to_string(out.applications.size()) + "]";
    out.applications.push_back(read_application(path, application, shape));
  }
  return out;
}

StrictApplication decode_application_json(std::string_view body, eureka::Shape shape) {
  const json document = parse(body);
  return read_application("application", member("", object_with("", document, {"application"}), "application"), shape);
}

StrictInstance decode_instance_json(std::string_view body) {
  const json document = parse(body);
  return read_instance("instance", member("", object_with("", document, {"instance"}), "instance"),
                       eureka::Shape::full);
}

}  // namespace muster::test::strict
