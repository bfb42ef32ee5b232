#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "server/api/problem.hpp"

namespace muster::api::v1 {

/// Names and values of a query in the order sent; '+' is a space.
using Query = std::vector<std::pair<std::string, std::string>>;

/// A target of the native face. Unlike Eureka's, an encoded slash is part of a name and `;` has no meaning, so that
/// every instance can be addressed, whatever its id.
struct Target {
  std::vector<std::string> segments;  ///< decoded; one empty segment at the end (a trailing slash) is left out
  Query query;
};

std::variant<Target, Problem> split_target(std::string_view target);

}  // namespace muster::api::v1
