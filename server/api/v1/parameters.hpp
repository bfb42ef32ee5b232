#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proto/model/status.hpp"
#include "proto/model/version.hpp"
#include "server/api/v1/problems.hpp"
#include "server/api/v1/target.hpp"
#include "server/core/command.hpp"

namespace muster::api::v1 {

/// How many nodes a write waits for.
struct WriteOptions {
  int w = 1;
  std::optional<model::Incarnation> incarnation;  ///< of a cancel
};

/// Reads `w` and, where `with_incarnation`, `incarnation`.
std::optional<Problem> read_write_options(const Query& query, bool with_incarnation, WriteOptions& out);

/// Reads `incarnation` alone: which life is renewed.
std::optional<Problem> read_life(const Query& query, std::optional<model::Incarnation>& out);

/// Which instances of a service are asked for. Several values of one name: any of them; several names: all.
struct Filter {
  std::array<bool, model::status_count> statuses{};
  std::vector<std::string> zones;
  std::vector<std::pair<std::string, std::string>> metadata;  ///< all of them
  bool by_status = false;

  bool empty() const { return !by_status && zones.empty() && metadata.empty(); }
};

std::optional<Problem> read_filter(const Query& query, Filter& out);

/// A parameter is part of what the client meant: a misspelt one must not answer something else.
Problem unknown_parameter(std::string_view name, std::span<const std::string_view> known);

/// For resources without parameters: the first one is a mistake.
std::optional<Problem> refuse_parameters(const Query& query);

/// The header that says how many nodes have a write.
inline constexpr std::string_view acknowledged_header = "Muster-Acknowledged";
std::string_view acknowledged(const WriteOptions& options, const core::Outcome& outcome);

}  // namespace muster::api::v1
