#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "proto/model/payload.hpp"

// What both writers of the Eureka dialect share.
namespace muster::eureka {

/// One character out of UTF-8; `length` 0: the bytes are not valid UTF-8.
struct Decoded {
  char32_t code = 0;
  std::size_t length = 0;
};

/// Precondition: `text` is not empty.
Decoded decode_utf8(std::string_view text);

void append_number(std::string& out, std::int64_t number);

/// Java's readers hold seconds in an int.
inline constexpr std::int64_t seconds_max = 2147483647;

inline constexpr std::string_view empty_map_class = "java.util.Collections$EmptyMap";
inline constexpr std::string_view amazon_class = "com.netflix.appinfo.AmazonInfo";
inline constexpr std::string_view default_class = "com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo";

/// Java's readers know three names and fail on any other, so an unknown one is shown as the default.
std::string_view shown_data_center(std::string_view name);

/// Whether compact documents keep this entry of Amazon's metadata.
bool compact_keeps(std::string_view amazon_key);

/// `@class` is type information to Java's readers: as a metadata key it would choose a class to build.
inline bool is_type_key(std::string_view key) {
  return key == "@class";
}

inline std::string_view shown_host_name(const model::PayloadView& payload) {
  return payload.host_name.empty() ? payload.address : payload.host_name;
}

/// Appends a metadata key as an element name: `_` as `__`, `$` as `_-`, what cannot stand in a name, or would start a
/// namespace prefix, as `_.` and four hex digits of each UTF-16 unit. Readers of the dialect turn all of it back.
/// False, with nothing appended: an empty key has no form.
bool append_xml_name(std::string& out, std::string_view key);

/// The key that append_xml_name() wrote as `name`.
std::string decode_xml_name(std::string_view name);

}  // namespace muster::eureka
