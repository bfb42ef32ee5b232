#include "server/api/v1/parameters.hpp"

#include <charconv>

#include "proto/v1/nearest.hpp"
#include "proto/v1/read.hpp"

namespace muster::api::v1 {
namespace {

constexpr std::string_view metadata_prefix = "meta.";

std::optional<Problem> read_incarnation(std::string_view value, std::optional<model::Incarnation>& out) {
  model::Incarnation number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc{} || end != value.data() + value.size() || number == 0 ||
      number > muster::v1::given_incarnation_max)
    return query_problem("incarnation", "incarnation must be a whole number from 1 to " +
                                            std::to_string(muster::v1::given_incarnation_max) +
                                            ", as the registration answered it.");
  out = number;
  return std::nullopt;
}

}  // namespace

Problem unknown_parameter(std::string_view name, std::span<const std::string_view> known) {
  constexpr std::size_t shown_bytes_max = 100;
  std::string detail(name.substr(0, shown_bytes_max));
  detail.append(" is not a parameter known here");
  if (const std::string_view near = muster::v1::nearest(name, known); !near.empty()) {
    detail.append("; did you mean ").append(near).append("?");
  } else if (known.empty()) {
    detail.append("; there are none.");
  } else {
    detail.append("; known are");
    for (const std::string_view other : known) detail.append(" ").append(other);
    detail.append(".");
  }
  return query_problem(name.substr(0, shown_bytes_max), std::move(detail));
}

std::optional<Problem> read_write_options(const Query& query, bool with_incarnation, WriteOptions& out) {
  static constexpr std::array<std::string_view, 2> names{"w", "incarnation"};
  for (const auto& [name, value] : query) {
    if (name == "w") {
      if (value != "1" && value != "2")
        return query_problem(name, "w must be 1 (any node has the write) or 2 (a second node has it too).");
      out.w = value == "2" ? 2 : 1;
    } else if (with_incarnation && name == "incarnation") {
      if (auto problem = read_incarnation(value, out.incarnation)) return problem;
    } else {
      return unknown_parameter(name, std::span(names).first(with_incarnation ? 2 : 1));
    }
  }
  return std::nullopt;
}

std::optional<Problem> read_life(const Query& query, std::optional<model::Incarnation>& out) {
  static constexpr std::array<std::string_view, 1> names{"incarnation"};
  for (const auto& [name, value] : query) {
    if (name != names[0]) return unknown_parameter(name, names);
    if (auto problem = read_incarnation(value, out)) return problem;
  }
  return std::nullopt;
}

std::optional<Problem> read_filter(const Query& query, Filter& out) {
  static constexpr std::array<std::string_view, 3> names{"status", "zone", "meta.KEY"};
  for (const auto& [name, value] : query) {
    if (name == "status") {
      const auto status = model::parse_status(value);
      if (!status) return query_problem(name, "status must be one of UP, DOWN, STARTING, OUT_OF_SERVICE, UNKNOWN.");
      out.statuses[static_cast<std::size_t>(*status)] = true;
      out.by_status = true;
    } else if (name == "zone") {
      out.zones.push_back(value);
    } else if (name.starts_with(metadata_prefix) && name.size() > metadata_prefix.size()) {
      out.metadata.emplace_back(name.substr(metadata_prefix.size()), value);
    } else {
      return unknown_parameter(name, names);
    }
  }
  return std::nullopt;
}

std::optional<Problem> refuse_parameters(const Query& query) {
  if (query.empty()) return std::nullopt;
  return unknown_parameter(query.front().first, {});
}

std::string_view acknowledged(const WriteOptions& options, const core::Outcome& outcome) {
  if (options.w == 1) return "w=1";
  if (outcome.nodes >= 2) return "w=2";
  return outcome.asked_a_peer ? R"(w=1; requested=2; reason="no peer in time")"
                              : R"(w=1; requested=2; reason="no peers")";
}

}  // namespace muster::api::v1
