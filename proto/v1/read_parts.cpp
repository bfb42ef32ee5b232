#include "proto/v1/read_parts.hpp"

#include <cmath>

#include "proto/v1/read.hpp"

namespace muster::v1 {
namespace {

constexpr double exact_max = 0x1p53 - 1;  // the largest number that every reader of JSON keeps exactly

}  // namespace

bool read_status_name(Element value, std::string_view field, model::Status& out, Faults& faults) {
  std::string_view name;
  if (value.get_string().get(name) == simdjson::SUCCESS)
    if (const auto status = model::parse_status(name)) {
      out = *status;
      return true;
    }
  return faults.wrong(std::string(field), "one of UP, DOWN, STARTING, OUT_OF_SERVICE, UNKNOWN", value);
}

bool read_incarnation(Element value, std::optional<model::Incarnation>& out, Faults& faults) {
  return read_integer(value, "incarnation", 1, given_incarnation_max, out.emplace(), faults);
}

bool read_metadata_value(Element value, const std::string& field, std::string& out, Faults& faults) {
  std::string_view text;
  if (value.get_string().get(text) == simdjson::SUCCESS) {
    out = text;
    return true;
  }
  if (value.is_null() || value.is_array() || value.is_object())
    return faults.wrong(field, "text, a number or a boolean", value);
  double number = 0;
  if (value.get_double().get(number) == simdjson::SUCCESS && std::abs(number) > exact_max)
    return faults.wrong(field, "text in quotes when it is a number beyond 2^53, which few JSON readers keep", value);
  out = simdjson::minify(value);
  return true;
}

std::string metadata_field(std::string_view path, std::string_view key) {
  return std::string(path).append(key.empty() ? "\"\"" : shown(key));
}

}  // namespace muster::v1
