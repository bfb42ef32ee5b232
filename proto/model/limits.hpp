#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "proto/model/instance.hpp"

namespace muster::model {

/// What one registration may hold. Defaults are those of `config/musterd.toml`, which documents each.
struct InstanceLimits {
  std::size_t service_name_bytes = 255;
  std::size_t instance_id_bytes = 512;
  std::size_t field_bytes = 2048;  ///< every other text: host name, URLs, VIP lists, zone, data center
  std::size_t metadata_entries = 128;
  std::size_t metadata_key_bytes = 255;
  std::size_t metadata_value_bytes = 4096;
  std::size_t metadata_bytes = 32768;  ///< keys and values together, data center metadata included
};

/// Which field is wrong, why, and what would be right. `field` is a path in the model's own words ("metadata.owner");
/// the faces translate it. `too_large` tells a limit (413 where the face has it) from nonsense (400).
struct FieldError {
  std::string field;
  std::string message;
  bool too_large = false;
};

/// A service name: 1 to `service_name_bytes` printable ASCII characters, none of / \ ? # % and no space at either end.
/// Any case; the canonical form is lower case.
std::optional<FieldError> check_service_name(std::string_view name, const InstanceLimits& limits);

/// An instance id: 1 to `instance_id_bytes` bytes of valid UTF-8 without control characters.
std::optional<FieldError> check_instance_id(std::string_view id, const InstanceLimits& limits);

/// Every text, port and metadata entry of an instance against the limits; texts are valid UTF-8.
/// Control characters are allowed in metadata only, in keys and values: it round-trips untouched, and XML readers,
/// which cannot carry them, get them replaced in values and escaped in keys.
std::optional<FieldError> check_instance(const Instance& instance, const InstanceLimits& limits);

/// One metadata entry, as a patch brings it.
std::optional<FieldError> check_metadata_entry(std::string_view key, std::string_view value,
                                               const InstanceLimits& limits);

bool valid_utf8(std::string_view text);

}  // namespace muster::model
