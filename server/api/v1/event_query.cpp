#include "server/api/v1/event_query.hpp"

#include <array>
#include <charconv>

#include "proto/model/ascii.hpp"
#include "server/api/v1/parameters.hpp"

namespace muster::api::v1 {
namespace {

constexpr std::array<std::string_view, 4> names{"after", "limit", "service", "id"};

std::optional<std::uint64_t> number_of(std::string_view text, std::uint64_t least, std::uint64_t greatest) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number < least || number > greatest)
    return std::nullopt;
  return number;
}

std::optional<Problem> read_one(const std::string& name, const std::string& value, EventQuery& out) {
  if (name == "after") {
    out.after = number_of(value, 0, event_number_max);
    if (!out.after)
      return query_problem(name, "after must be a whole number from 0 to " + std::to_string(event_number_max) +
                                     ": the next of an earlier answer.");
  } else if (name == "limit") {
    const auto limit = number_of(value, 1, event_limit_max);
    if (!limit)
      return query_problem(name, "limit must be a whole number from 1 to " + std::to_string(event_limit_max) + ".");
    out.limit = *limit;
  } else if (name == "service" || name == "id") {
    if (value.empty()) return query_problem(name, name + " must not be empty; leave it out to see the events of all.");
    (name == "service" ? out.service : out.id) = name == "service" ? model::to_lower(value) : value;
  } else {
    return unknown_parameter(name, names);
  }
  return std::nullopt;
}

}  // namespace

std::optional<Problem> read_event_query(const Query& query, EventQuery& out) {
  for (auto one = query.begin(); one != query.end(); ++one) {
    for (auto earlier = query.begin(); earlier != one; ++earlier)
      if (earlier->first == one->first) return query_problem(one->first, one->first + " is given twice.");
    if (auto problem = read_one(one->first, one->second, out)) return problem;
  }
  return std::nullopt;
}

}  // namespace muster::api::v1
