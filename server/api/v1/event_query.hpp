#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "server/api/v1/problems.hpp"
#include "server/api/v1/target.hpp"

namespace muster::api::v1 {

inline constexpr std::size_t event_limit_max = 1000;
/// What every JSON reader keeps exact.
inline constexpr std::uint64_t event_number_max = (std::uint64_t{1} << 53) - 1;

/// Which events are asked for: the first after a number, or the newest.
struct EventQuery {
  std::optional<std::uint64_t> after;
  std::size_t limit = 100;
  std::optional<std::string> service;  ///< canonical
  std::optional<std::string> id;
};

std::optional<Problem> read_event_query(const Query& query, EventQuery& out);

/// Gives the document of GET /v1/events.
using EventsJson = std::function<std::string(const EventQuery&)>;

}  // namespace muster::api::v1
