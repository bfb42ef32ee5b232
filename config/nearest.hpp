#pragma once

#include <span>
#include <string>
#include <string_view>

namespace muster::config {

/// The candidate that a person most likely meant: by edit distance, where a key that is right but for its section
/// counts as near. `candidates` is not empty. `text` is cut to 128 characters: nobody mistypes more.
std::string nearest(std::string_view text, std::span<const std::string> candidates);

}  // namespace muster::config
