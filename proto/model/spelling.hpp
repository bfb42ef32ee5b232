#pragma once

#include <cstddef>
#include <string_view>

namespace muster::model {

/// How many letters must be changed, left out, put in or swapped with their neighbour to make one name the other. Case
/// does not count, and '-' is '_'. Costs the product of the lengths: callers limit both.
std::size_t spelling_distance(std::string_view a, std::string_view b);

}  // namespace muster::model
