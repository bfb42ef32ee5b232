#include "tests/support/strict_decoder_xml.hpp"

#include <limits>
#include <pugixml.hpp>

#include "proto/eureka/text.hpp"
#include "tests/support/strict_rules.hpp"

namespace muster::test::strict {
namespace {

constexpr std::int64_t int_min = std::numeric_limits<std::int32_t>::min();
constexpr std::int64_t int_max = std::numeric_limits<std::int32_t>::max();
constexpr std::int64_t long_min = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t long_max = std::numeric_limits<std::int64_t>::max();
constexpr std::string_view empty_map = "java.util.Collections$EmptyMap";

using Names = std::set<std::string, std::less<>>;

void only_attributes(const std::string& path, pugi::xml_node element, const Names& names) {
  for (const pugi::xml_attribute attribute : element.attributes())
    if (!names.contains(attribute.name())) fail(path, std::string("has the unknown attribute ") + attribute.name());
}

std::string attribute(const std::string& path, pugi::xml_node element, const char* name) {
  if (!element.attribute(name)) fail(path, std::string("has no attribute ") + name);
  return element.attribute(name).value();
}

/// The text of an element that has no attributes and no elements inside.
std::string text(const std::string& path, pugi::xml_node element) {
  only_attributes(path, element, {});
  for (const pugi::xml_node child : element.children())
    if (child.type() != pugi::node_pcdata) fail(path, "is more than text");
  return element.child_value();
}

/// Children that are elements, each known and there once; anything else fails.
std::map<std::string, pugi::xml_node> children(const std::string& path, pugi::xml_node element, const Names& known) {
  std::map<std::string, pugi::xml_node> out;
  for (const pugi::xml_node child : element.children()) {
    if (child.type() != pugi::node_element) fail(path, "has text between its elements");
    if (!known.contains(child.name())) fail(path + "." + child.name(), "is unknown");
    if (!out.emplace(child.name(), child).second) fail(path + "." + child.name(), "comes twice");
  }
  return out;
}

void read_port(const std::string& path, const std::string& key, pugi::xml_node element, StrictInstance& out) {
  only_attributes(path, element, {"enabled"});
  out.texts[key + ".@enabled"] = attribute(path, element, "enabled");
  out.numbers[key + ".$"] = number(path, element.child_value(), 0, 65535);
}

void read_map(const std::string& path, pugi::xml_node element, std::map<std::string, std::string>& out) {
  only_attributes(path, element, {"class"});
  const bool marked = element.attribute("class");
  if (marked && element.attribute("class").value() != empty_map) fail(path, "has an unknown class");
  if (marked != element.children().empty()) fail(path, "is empty without the marker for that, or has it and is not");
  for (const pugi::xml_node entry : element.children()) {
    const std::string key = eureka::decode_xml_name(entry.name());
    if (!out.emplace(key, text(path + "." + key, entry)).second) fail(path + "." + key, "comes twice");
  }
}

void read_data_center(const std::string& path, pugi::xml_node element, StrictInstance& out) {
  only_attributes(path, element, {"class"});
  out.texts["dataCenterInfo.@class"] = attribute(path, element, "class");
  const auto parts = children(path, element, {"name", "metadata"});
  if (!parts.contains("name")) fail(path, "has no name");
  const std::string name = text(path + ".name", parts.at("name"));
  out.texts["dataCenterInfo.name"] = name;
  if (parts.contains("metadata") != (name == "Amazon")) fail(path, "has metadata where only Amazon's has it");
  if (name == "Amazon") read_map(path + ".metadata", parts.at("metadata"), out.data_center_metadata);
}

void read_lease(const std::string& path, pugi::xml_node element, StrictInstance& out) {
  const Names known = {"renewalIntervalInSecs", "durationInSecs",    "registrationTimestamp",
                       "lastRenewalTimestamp",  "evictionTimestamp", "serviceUpTimestamp"};
  for (const auto& [key, part] : children(path, element, known)) {
    const bool seconds = key.ends_with("Secs");
    out.numbers["leaseInfo." + key] =
        number(path + "." + key, text(path, part), seconds ? 1 : long_min, seconds ? int_max : long_max);
  }
}

StrictInstance read_instance(const std::string& path, pugi::xml_node element, eureka::Shape shape) {
  only_attributes(path, element, {});
  Names known = shape == eureka::Shape::full ? full_keys : compact_keys;
  if (known.erase("overriddenStatus") != 0) known.insert("overriddenstatus");
  const auto fields = children(path, element, known);
  if (shape == eureka::Shape::full && !fields.contains("metadata")) fail(path, "has no metadata");
  StrictInstance out;
  for (const auto& [key, field] : fields) {
    const std::string inner = path + "." + key;
    if (key == "port" || key == "securePort") {
      read_port(inner, key, field, out);
    } else if (key == "dataCenterInfo") {
      read_data_center(inner, field, out);
    } else if (key == "leaseInfo") {
      read_lease(inner, field, out);
    } else if (key == "metadata") {
      read_map(inner, field, out.metadata);
    } else if (key == "countryId") {
      out.numbers[key] = number(inner, text(inner, field), int_min, int_max);
    } else if (key.ends_with("Timestamp")) {
      out.numbers[key] = number(inner, text(inner, field), long_min, long_max);
    } else {
      out.texts[key == "overriddenstatus" ? "overriddenStatus" : key] = text(inner, field);
    }
  }
  check(path, out, shape);
  return out;
}

StrictApplication read_application(pugi::xml_node element, eureka::Shape shape) {
  StrictApplication out;
  const std::string path = "application";
  only_attributes(path, element, {});
  for (const pugi::xml_node child : element.children()) {
    const std::string_view name = child.name();
    if (name == "name" && child == element.first_child()) {
      out.name = text(path + ".name", child);
    } else if (name == "instance") {
      const std::string inner = path + ".instance[" + std::to_string(out.instances.size()) + "]";
      out.instances.push_back(read_instance(inner, child, shape));
      if (out.instances.back().texts["app"] != out.name) fail(inner + ".app", "is not the name of its application");
    } else {
      fail(path + "." + std::string(name), "is unknown or out of place");
    }
  }
  return out;
}

/// Parses a whole document whose root is `root`.
pugi::xml_node parse(pugi::xml_document& document, std::string_view body, const char* root) {
  if (const std::string problem = xml_problem(body); !problem.empty()) throw StrictError("the document " + problem);
  const auto options = (pugi::parse_default | pugi::parse_ws_pcdata_single) & ~pugi::parse_wnorm_attribute;
  if (!document.load_buffer(body.data(), body.size(), options, pugi::encoding_utf8)) fail(root, "cannot be parsed");
  if (std::string_view(document.document_element().name()) != root) fail(root, "is not the root");
  return document.document_element();
}

}  // namespace

StrictList decode_list_xml(std::string_view body, eureka::Shape shape) {
  pugi::xml_document document;
  StrictList out;
  Names seen;
  for (const pugi::xml_node child : parse(document, body, "applications").children()) {
    const std::string name = child.name();
    if (name == "application") {
      out.applications.push_back(read_application(child, shape));
      continue;
    }
    if (!seen.insert(name).second) fail("applications." + name, "comes twice");
    if (name == "versions__delta")
      out.version = text(name, child);
    else if (name == "apps__hashcode")
      out.hash = text(name, child);
    else
      fail("applications." + name, "is unknown");
  }
  if (seen.size() != 2) fail("applications", "has no versions__delta or no apps__hashcode");
  number("versions__delta", out.version, -1, long_max);
  return out;
}

StrictApplication decode_application_xml(std::string_view body, eureka::Shape shape) {
  pugi::xml_document document;
  return read_application(parse(document, body, "application"), shape);
}

StrictInstance decode_instance_xml(std::string_view body) {
  pugi::xml_document document;
  return read_instance("instance", parse(document, body, "instance"), eureka::Shape::full);
}

}  // namespace muster::test::strict
