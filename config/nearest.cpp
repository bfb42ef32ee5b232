#include "config/nearest.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

#include "proto/model/ascii.hpp"

namespace muster::config {
namespace {

constexpr std::size_t text_bytes_max = 128;

/// Levenshtein's distance, where exchanging two neighbours is one step.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
  std::iota(above.begin(), above.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({replaced, above[j] + 1, row[j - 1] + 1});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, above);
    std::swap(above, row);
  }
  return above[b.size()];
}

std::string_view last_part(std::string_view key) {
  return key.substr(key.rfind('.') + 1);  // npos + 1 == 0: the whole key
}

std::size_t score(std::string_view text, std::string_view candidate) {
  const std::size_t whole = distance(text, candidate);
  const std::size_t other_section = distance(last_part(text), last_part(candidate)) + 2;
  return std::min(whole, other_section);
}

}  // namespace

std::string nearest(std::string_view text, std::span<const std::string> candidates) {
  const std::string typed = model::to_lower(text.substr(0, text_bytes_max));
  return *std::min_element(candidates.begin(), candidates.end(), [&](const std::string& a, const std::string& b) {
    return score(typed, model::to_lower(a)) < score(typed, model::to_lower(b));
  });
}

}  // namespace muster::config
