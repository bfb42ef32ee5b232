#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace muster::config {

/// The candidate that a person most likely meant: by edit distance, where a key that is right but for its section
/// counts as near. Dots and underscores are the same. None where more than a third of the letters would be wrong (two,
/// or one of four): then no guess is better than a silly one. `text` is cut to 128 characters: nobody mistypes more.
std::optional<std::string> nearest(std::string_view text, std::span<const std::string> candidates);

}  // namespace muster::config
