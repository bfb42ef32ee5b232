#include "proto/v1/nearest.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

#include "proto/model/ascii.hpp"

namespace muster::v1 {
namespace {

constexpr std::size_t length_min = 3;   // "ip" is one letter from "id", and means something else
constexpr std::size_t length_max = 40;  // longer than any name that we know; longer ones are near to nothing

/// Names written in camelCase or with dashes are as near as their letters.
char plain(char c) {
  return c == '-' ? '_' : model::lower(c);
}

/// Optimal string alignment distance.
std::size_t distance(std::string_view a, std::string_view b) {
  std::array<std::array<std::size_t, length_max + 1>, 3> rows{};
  for (std::size_t j = 0; j <= b.size(); ++j) rows[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    auto& row = rows[i % 3];
    const auto& above = rows[(i + 2) % 3];
    const auto& two_above = rows[(i + 1) % 3];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const char x = plain(a[i - 1]);
      const char y = plain(b[j - 1]);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (x == y ? 0 : 1)});
      if (i > 1 && j > 1 && x == plain(b[j - 2]) && plain(a[i - 2]) == y)
        row[j] = std::min(row[j], two_above[j - 2] + 1);
    }
  }
  return rows[a.size() % 3][b.size()];
}

}  // namespace

std::string_view nearest(std::string_view name, std::span<const std::string_view> known) {
  if (name.size() < length_min || name.size() > length_max) return {};
  std::string_view best;
  std::size_t best_distance = std::max<std::size_t>(1, name.size() / 3) + 1;  // a third of the letters may be wrong
  for (const std::string_view candidate : known) {
    if (candidate.size() > length_max) continue;
    const std::size_t d = distance(name, candidate);
    if (d < best_distance) {
      best = candidate;
      best_distance = d;
    }
  }
  return best;
}

}  // namespace muster::v1
