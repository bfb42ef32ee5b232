#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace muster::v1 {

/// Appends JSON to a string, with the commas in the right places. The caller opens and closes in pairs and gives every
/// member of an object a key. Text that is not UTF-8 is mended, so the output always is.
class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}

  JsonWriter& open_object();
  JsonWriter& close_object();
  JsonWriter& open_array();
  JsonWriter& close_array();

  JsonWriter& key(std::string_view name);
  JsonWriter& text(std::string_view value);
  JsonWriter& number(std::int64_t value);
  JsonWriter& count(std::uint64_t value);
  JsonWriter& boolean(bool value);
  JsonWriter& null();
  /// A value that is JSON already.
  JsonWriter& raw(std::string_view json);

  JsonWriter& text(std::string_view name, std::string_view value) { return key(name).text(value); }
  JsonWriter& number(std::string_view name, std::int64_t value) { return key(name).number(value); }
  JsonWriter& count(std::string_view name, std::uint64_t value) { return key(name).count(value); }
  JsonWriter& boolean(std::string_view name, bool value) { return key(name).boolean(value); }
  /// The text, or null when it is empty.
  JsonWriter& text_or_null(std::string_view name, std::string_view value);
  /// RFC 3339 in UTC with milliseconds.
  JsonWriter& time(std::string_view name, std::int64_t wall_ms);
  /// The time, or null for 0.
  JsonWriter& time_or_null(std::string_view name, std::int64_t wall_ms);

 private:
  void separate();

  std::string& out_;
  bool first_ = true;  ///< nothing stands before the next value on its level
};

/// "2026-11-24T09:00:00.123Z". Years outside 0..9999 are shown as the nearest of these.
std::string rfc3339(std::int64_t wall_ms);

}  // namespace muster::v1
