#include "proto/v1/json_writer.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>

#include "proto/eureka/write.hpp"

namespace muster::v1 {
namespace {

template <class Number>
void append_number(std::string& out, Number value) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  out.append(digits, end);
}

}  // namespace

void JsonWriter::separate() {
  if (!first_) out_.push_back(',');
  first_ = false;
}

JsonWriter& JsonWriter::open_object() {
  separate();
  out_.push_back('{');
  first_ = true;
  return *this;
}

JsonWriter& JsonWriter::close_object() {
  out_.push_back('}');
  first_ = false;
  return *this;
}

JsonWriter& JsonWriter::open_array() {
  separate();
  out_.push_back('[');
  first_ = true;
  return *this;
}

JsonWriter& JsonWriter::close_array() {
  out_.push_back(']');
  first_ = false;
  return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
  separate();
  out_.push_back('"');
  eureka::append_json_escaped(out_, name);
  out_.append("\":");
  first_ = true;  // the value follows its key without a comma
  return *this;
}

JsonWriter& JsonWriter::text(std::string_view value) {
  separate();
  out_.push_back('"');
  eureka::append_json_escaped(out_, value);
  out_.push_back('"');
  return *this;
}

JsonWriter& JsonWriter::number(std::int64_t value) {
  separate();
  append_number(out_, value);
  return *this;
}

JsonWriter& JsonWriter::count(std::uint64_t value) {
  separate();
  append_number(out_, value);
  return *this;
}

JsonWriter& JsonWriter::boolean(bool value) {
  return raw(value ? "true" : "false");
}

JsonWriter& JsonWriter::null() {
  return raw("null");
}

JsonWriter& JsonWriter::raw(std::string_view json) {
  separate();
  out_.append(json);
  return *this;
}

JsonWriter& JsonWriter::text_or_null(std::string_view name, std::string_view value) {
  key(name);
  return value.empty() ? null() : text(value);
}

JsonWriter& JsonWriter::time(std::string_view name, std::int64_t wall_ms) {
  return text(name, rfc3339(wall_ms));
}

JsonWriter& JsonWriter::time_or_null(std::string_view name, std::int64_t wall_ms) {
  if (wall_ms == 0) return key(name).null();
  return time(name, wall_ms);
}

std::string rfc3339(std::int64_t wall_ms) {
  constexpr std::int64_t earliest_ms = -62'167'219'200'000;  // 0000-01-01T00:00:00.000Z
  constexpr std::int64_t latest_ms = 253'402'300'799'999;    // 9999-12-31T23:59:59.999Z
  const std::chrono::milliseconds since_epoch(std::clamp(wall_ms, earliest_ms, latest_ms));
  const auto day = std::chrono::floor<std::chrono::days>(since_epoch);
  const std::chrono::year_month_day date{std::chrono::sys_days(day)};
  const std::chrono::hh_mm_ss time(since_epoch - day);
  char text[48];
  const int length =
      std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()),
                    static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                    static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                    static_cast<int>(time.seconds().count()), static_cast<int>(time.subseconds().count()));
  return std::string(text, static_cast<std::size_t>(length));
}

}  // namespace muster::v1
