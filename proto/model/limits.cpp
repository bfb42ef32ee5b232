#include "proto/model/limits.hpp"

#include <simdjson.h>
#include <algorithm>

namespace muster::model {
namespace {

/// A key longer than this is not repeated in an error: answers and log lines stay short whatever a client sends.
constexpr std::size_t named_key_bytes_max = 64;

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

/// Nearly every text: neither its encoding nor its characters need a closer look.
bool printable_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

FieldError too_long(std::string field, std::size_t size, std::size_t limit) {
  return {std::move(field),
          "is " + std::to_string(size) + " bytes long; at most " + std::to_string(limit) + " are allowed", true};
}

FieldError not_utf8(std::string field) {
  return {std::move(field), "is not valid UTF-8; send text in UTF-8"};
}

FieldError control_character(std::string field) {
  return {std::move(field), "contains a control character; remove it"};
}

std::optional<FieldError> check_text(std::string_view field, std::string_view text, std::size_t limit) {
  if (text.size() > limit) return too_long(std::string(field), text.size(), limit);
  if (printable_ascii(text)) return std::nullopt;
  if (!valid_utf8(text)) return not_utf8(std::string(field));
  if (has_control(text)) return control_character(std::string(field));
  return std::nullopt;
}

/// "metadata.owner"; the bare prefix where the key cannot be shown.
std::string entry_path(std::string_view prefix, std::string_view key) {
  std::string path(prefix);
  if (key.size() > named_key_bytes_max || !valid_utf8(key) || has_control(key)) return path;
  return path.append(".").append(key);
}

std::optional<FieldError> check_entry(std::string_view prefix, std::string_view key, std::string_view value,
                                      const InstanceLimits& limits) {
  if (key.size() > limits.metadata_key_bytes) {
    return FieldError{std::string(prefix),
                      "has a key of " + std::to_string(key.size()) + " bytes; at most " +
                          std::to_string(limits.metadata_key_bytes) + " are allowed",
                      true};
  }
  if (!valid_utf8(key)) return FieldError{std::string(prefix), "has a key that is not valid UTF-8; send text in UTF-8"};
  if (value.size() > limits.metadata_value_bytes)
    return too_long(entry_path(prefix, key), value.size(), limits.metadata_value_bytes);
  if (!valid_utf8(value)) return not_utf8(entry_path(prefix, key));
  return std::nullopt;
}

/// `bytes` counts what all maps of the instance hold.
std::optional<FieldError> check_map(std::string_view prefix, const Metadata& entries, const InstanceLimits& limits,
                                    std::size_t& bytes) {
  if (entries.size() > limits.metadata_entries) {
    return FieldError{std::string(prefix),
                      "has " + std::to_string(entries.size()) + " entries; at most " +
                          std::to_string(limits.metadata_entries) + " are allowed",
                      true};
  }
  for (const auto& [key, value] : entries) {
    if (auto error = check_entry(prefix, key, value, limits)) return error;
    bytes += key.size() + value.size();
  }
  if (bytes > limits.metadata_bytes) {
    return FieldError{std::string(prefix),
                      "holds " + std::to_string(bytes) + " bytes in keys and values; at most " +
                          std::to_string(limits.metadata_bytes) + " are allowed",
                      true};
  }
  return std::nullopt;
}

}  // namespace

bool valid_utf8(std::string_view text) {
  return simdjson::validate_utf8(text.data(), text.size());
}

std::optional<FieldError> check_service_name(std::string_view name, const InstanceLimits& limits) {
  if (name.empty()) return FieldError{"service", "is empty; give the service a name"};
  if (name.size() > limits.service_name_bytes) return too_long("service", name.size(), limits.service_name_bytes);
  for (const char c : name) {
    if (c < 0x20 || c > 0x7e)
      return FieldError{"service",
                        "has a character that is not printable ASCII; use letters, digits, '-', '_' and '.'"};
    if (std::string_view("/\\?#%").find(c) != std::string_view::npos) {
      return FieldError{
          "service", std::string("contains '") + c + "'; the characters / \\ ? # % cannot be part of a service name"};
    }
  }
  if (name.front() == ' ' || name.back() == ' ') return FieldError{"service", "begins or ends with a space; remove it"};
  return std::nullopt;
}

std::optional<FieldError> check_instance_id(std::string_view id, const InstanceLimits& limits) {
  if (id.empty()) return FieldError{"id", "is empty; give the instance an id"};
  return check_text("id", id, limits.instance_id_bytes);
}

std::optional<FieldError> check_instance(const Instance& instance, const InstanceLimits& limits) {
  const std::pair<std::string_view, const std::string&> texts[] = {
      {"host_name", instance.host_name},
      {"address", instance.address},
      {"zone", instance.zone},
      {"vip_address", instance.vip_address},
      {"secure_vip_address", instance.secure_vip_address},
      {"home_page_url", instance.home_page_url},
      {"status_page_url", instance.status_page_url},
      {"health_check_url", instance.health_check_url},
      {"secure_health_check_url", instance.secure_health_check_url},
      {"app_group", instance.app_group},
      {"asg_name", instance.asg_name},
      {"sid", instance.sid},
      {"data_center.name", instance.data_center},
  };
  for (const auto& [field, text] : texts)
    if (auto error = check_text(field, text, limits.field_bytes)) return error;

  std::size_t bytes = 0;
  if (auto error = check_map("data_center.metadata", instance.data_center_metadata, limits, bytes)) return error;
  return check_map("metadata", instance.metadata, limits, bytes);
}

std::optional<FieldError> check_metadata_entry(std::string_view key, std::string_view value,
                                               const InstanceLimits& limits) {
  return check_entry("metadata", key, value, limits);
}

}  // namespace muster::model
