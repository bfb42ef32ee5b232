#include "proto/model/spelling.hpp"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

#include "proto/model/ascii.hpp"

namespace muster::model {
namespace {

char plain(char c) {
  return c == '-' ? '_' : lower(c);
}

}  // namespace

std::size_t spelling_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> two_above(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
  std::iota(above.begin(), above.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const char x = plain(a[i - 1]);
      const char y = plain(b[j - 1]);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (x == y ? 0 : 1)});
      const bool swapped = i > 1 && j > 1 && x == plain(b[j - 2]) && plain(a[i - 2]) == y;
      if (swapped) row[j] = std::min(row[j], two_above[j - 2] + 1);
    }
    std::swap(two_above, above);
    std::swap(above, row);
  }
  return above[b.size()];
}

}  // namespace muster::model
