#include "proto/eureka/scalars.hpp"

#include <charconv>
#include <cmath>
#include <limits>

#include "proto/model/ascii.hpp"

namespace muster::eureka {
namespace {

std::int64_t clamp(double value) {
  constexpr double bound = 9223372036854775808.0;  // 2^63, the first that does not fit
  if (value >= bound) return std::numeric_limits<std::int64_t>::max();
  if (value < -bound) return std::numeric_limits<std::int64_t>::min();
  return static_cast<std::int64_t>(value);
}

std::optional<double> read_double(std::string_view text) {
  double value = 0;
  const char* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, value);
  if (result.ptr != end || result.ec == std::errc::invalid_argument) return std::nullopt;
  if (result.ec == std::errc::result_out_of_range) {
    // Too large, or so near to zero that it is zero.
    const bool tiny = text.find("e-") != std::string_view::npos || text.find("E-") != std::string_view::npos;
    return tiny ? 0.0 : (text.front() == '-' ? -HUGE_VAL : HUGE_VAL);
  }
  // "inf" and "nan" are words that from_chars knows and clients do not mean.
  return std::isfinite(value) ? std::optional(value) : std::nullopt;
}

}  // namespace

std::string_view trim(std::string_view text) {
  constexpr std::string_view space = " \t\r\n";
  const std::size_t first = text.find_first_not_of(space);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(space) - first + 1);
}

std::optional<std::int64_t> read_number(std::string_view text) {
  text = trim(text);
  std::int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, value);
  if (result.ec == std::errc{} && result.ptr == end) return value;
  const std::optional<double> wide = read_double(text);
  return wide ? std::optional(clamp(*wide)) : std::nullopt;
}

std::optional<std::uint16_t> read_port_number(std::string_view text) {
  const std::optional<double> value = read_double(trim(text));
  if (!value || *value < 0 || *value > 65535 || *value != std::floor(*value)) return std::nullopt;
  return static_cast<std::uint16_t>(*value);
}

std::optional<bool> read_bool(std::string_view text) {
  text = trim(text);
  if (model::equal_ignoring_case(text, "true")) return true;
  if (model::equal_ignoring_case(text, "false")) return false;
  return std::nullopt;
}

}  // namespace muster::eureka
