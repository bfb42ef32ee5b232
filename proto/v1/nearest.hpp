#pragma once

#include <span>
#include <string_view>

namespace muster::v1 {

/// The name that a misspelt one most likely stands for, ignoring case, by the number of letters typed wrong, left out,
/// put in or swapped. Empty when none is near.
std::string_view nearest(std::string_view name, std::span<const std::string_view> known);

}  // namespace muster::v1
