#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

// How readers of the Eureka dialect take a scalar, whether the client wrote it as a number, a boolean or text.
namespace muster::eureka {

/// A number: white space around it is skipped, a fraction cut off, what is too large clamped. None: no number.
std::optional<std::int64_t> read_number(std::string_view text);

/// A port, 0 to 65535. None: no number, a fraction, or out of range.
std::optional<std::uint16_t> read_port_number(std::string_view text);

/// "true" or "false" in any case. None: anything else.
std::optional<bool> read_bool(std::string_view text);

std::string_view trim(std::string_view text);

}  // namespace muster::eureka
