#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace muster::model {

/// What an instance says of itself, or what an override says of it. The five names are Eureka's and exact on both
/// faces.
enum class Status : std::uint8_t { up, down, starting, out_of_service, unknown };

inline constexpr int status_count = 5;

/// The exact name, "OUT_OF_SERVICE" and the like; lives for ever.
std::string_view to_string(Status status);

/// Reads a name in exact case.
std::optional<Status> parse_status(std::string_view name);

/// Reads a name in any ASCII case, as registrations of careless clients carry it.
std::optional<Status> parse_status_any_case(std::string_view name);

}  // namespace muster::model
