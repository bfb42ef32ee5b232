#include "proto/v1/read.hpp"

#include <array>

#include "proto/v1/parse.hpp"
#include "proto/v1/read_parts.hpp"

namespace muster::v1 {
namespace {

template <class T>
Read<T> result(Faults& faults, T value) {
  if (!faults.none()) return faults.take();
  return value;
}

bool read_renewal(Element item, const std::string& path, std::pair<std::string, std::string>& out, Faults& faults) {
  static constexpr std::array<std::string_view, 2> names{"service", "id"};
  std::array<bool, 2> given{};
  const bool read = read_object(item, path, names, faults, [&](std::size_t index, Element value) {
    given[index] = true;
    return read_text(value, path + std::string(names[index]), index == 0 ? out.first : out.second, faults);
  });
  if (!read) return false;
  for (std::size_t i = 0; i < names.size(); ++i)
    if (!given[i]) return faults.add(path + std::string(names[i]), "is missing; an item names a service and an id");
  return true;
}

bool read_renewal_items(Element list, std::size_t items_max, Renewals& out, Faults& faults) {
  simdjson::dom::array items;
  if (list.get_array().get(items) != simdjson::SUCCESS)
    return faults.wrong("instances", R"(an array of {"service", "id"})", list);
  for (const Element item : items) {
    if (out.size() == items_max)
      return faults.add("instances", "has more than " + std::to_string(items_max) + " items; send several requests",
                        true);
    const std::string path = "instances[" + std::to_string(out.size()) + "].";
    if (!read_renewal(item, path, out.emplace_back(), faults)) return false;
  }
  return true;
}

bool check_drain_text(std::string_view field, const std::string& text, std::size_t bytes_max, Faults& faults) {
  if (text.size() > bytes_max)
    return faults.add(std::string(field), "is longer than " + std::to_string(bytes_max) + " bytes", true);
  for (const char c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
      return faults.add(std::string(field), "holds a control character; send plain text on one line");
  return true;
}

}  // namespace

Read<Renewals> read_renewals(std::string_view body, std::size_t items_max, int depth_max) {
  static constexpr std::array<std::string_view, 1> names{"instances"};
  Document document;
  if (auto error = document.parse(body, depth_max)) return *error;
  Faults faults;
  Renewals renewals;
  bool given = false;
  read_object(document.root(), "", names, faults, [&](std::size_t, Element value) {
    given = true;
    return read_renewal_items(value, items_max, renewals, faults);
  });
  if (!given) faults.add("instances", R"(is missing; send {"instances": [{"service": "orders", "id": "a"}]})");
  return result(faults, std::move(renewals));
}

Read<StatusChange> read_status(std::string_view body, int depth_max) {
  static constexpr std::array<std::string_view, 2> names{"status", "incarnation"};
  Document document;
  if (auto error = document.parse(body, depth_max)) return *error;
  Faults faults;
  StatusChange change;
  bool given = false;
  read_object(document.root(), "", names, faults, [&](std::size_t index, Element value) {
    if (index == 1) return value.is_null() || read_incarnation(value, change.incarnation, faults);
    given = true;
    return read_status_name(value, "status", change.status, faults);
  });
  if (!given) faults.add("status", R"(is missing; send {"status": "UP"})");
  return result(faults, change);
}

Read<Drain> read_drain(std::string_view body, std::size_t reason_bytes_max, int depth_max) {
  static constexpr std::array<std::string_view, 3> names{"reason", "by", "ttl_s"};
  Document document;
  if (auto error = document.parse(body, depth_max)) return *error;
  Faults faults;
  Drain drain;
  read_object(document.root(), "", names, faults, [&](std::size_t index, Element value) {
    if (value.is_null()) return true;
    if (index == 0)
      return read_text(value, "reason", drain.reason, faults) &&
             check_drain_text("reason", drain.reason, reason_bytes_max, faults);
    if (index == 1)
      return read_text(value, "by", drain.by, faults) && check_drain_text("by", drain.by, drain_by_bytes_max, faults);
    std::uint64_t seconds = 0;
    if (!read_integer(value, "ttl_s", 1, drain_ttl_max_s, seconds, faults)) return false;
    drain.ttl_s = static_cast<std::uint32_t>(seconds);
    return true;
  });
  return result(faults, std::move(drain));
}

Read<MetadataPatch> read_metadata_patch(std::string_view body, const model::InstanceLimits& limits, int depth_max) {
  Document document;
  if (auto error = document.parse(body, depth_max)) return *error;
  Faults faults;
  simdjson::dom::object members;
  if (document.root().get_object().get(members) != simdjson::SUCCESS) {
    faults.wrong(std::string(whole_body), "a JSON object of metadata keys", document.root());
    return faults.take();
  }
  MetadataPatch patch;
  for (const auto [key, value] : members) {
    if (patch.size() == limits.metadata_entries) {
      faults.add("metadata", "patches more than " + std::to_string(limits.metadata_entries) + " keys", true);
      return faults.take();
    }
    const auto [place, inserted] = patch.try_emplace(std::string(key));
    const std::string field = metadata_field("metadata.", key);
    if (!inserted) faults.add(field, "is given twice; give it once");
    if (!value.is_null()) read_metadata_value(value, field, place->second.emplace(), faults);
    if (!faults.none()) return faults.take();
    if (auto error = model::check_metadata_entry(key, place->second ? *place->second : std::string_view{}, limits))
      return *error;
  }
  return patch;
}

}  // namespace muster::v1
