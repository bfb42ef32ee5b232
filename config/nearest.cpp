#include "config/nearest.hpp"

#include <algorithm>

#include "proto/model/spelling.hpp"

namespace muster::config {
namespace {

constexpr std::size_t text_bytes_max = 128;

/// What a wrong or missing section counts for: more than a slip in the key, less than another key.
constexpr std::size_t section_cost = 2;

std::string_view last_part(std::string_view key) {
  return key.substr(key.rfind('.') + 1);  // npos + 1 == 0: the whole key
}

std::size_t score(std::string_view text, std::string_view candidate) {
  const std::size_t whole = model::spelling_distance(text, candidate);
  return std::min(whole, model::spelling_distance(last_part(text), last_part(candidate)) + section_cost);
}

}  // namespace

std::string nearest(std::string_view text, std::span<const std::string> candidates) {
  const std::string_view typed = text.substr(0, text_bytes_max);
  return *std::min_element(candidates.begin(), candidates.end(), [&](const std::string& a, const std::string& b) {
    return score(typed, a) < score(typed, b);
  });
}

}  // namespace muster::config
