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

std::string joined(std::string_view key) {
  std::string out(key);
  std::replace(out.begin(), out.end(), '.', '_');
  return out;
}

/// With two of three letters changed, any short name is near to any other.
std::size_t slips_max(std::string_view name) {
  return name.size() <= 4 ? 1 : std::max<std::size_t>(2, name.size() / 3);
}

/// None: too far to have been meant. A long section does not excuse more slips in the key.
std::optional<std::size_t> score(std::string_view text, std::string_view candidate) {
  const std::string_view part = last_part(text);
  const std::size_t whole = model::spelling_distance(joined(text), joined(candidate));
  const std::size_t elsewhere = model::spelling_distance(part, last_part(candidate));
  std::optional<std::size_t> best;
  if (whole <= slips_max(part)) best = whole;
  if (elsewhere <= slips_max(part)) best = std::min(best.value_or(elsewhere + section_cost), elsewhere + section_cost);
  return best;
}

}  // namespace

std::optional<std::string> nearest(std::string_view text, std::span<const std::string> candidates) {
  const std::string_view typed = text.substr(0, text_bytes_max);
  const std::string* best = nullptr;
  std::size_t best_score = 0;
  for (const std::string& candidate : candidates) {
    const auto scored = score(typed, candidate);
    if (!scored || (best != nullptr && *scored >= best_score)) continue;
    best = &candidate;
    best_score = *scored;
  }
  if (best == nullptr) return std::nullopt;
  return *best;
}

}  // namespace muster::config
