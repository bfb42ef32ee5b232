#include "proto/v1/nearest.hpp"

#include <algorithm>
#include <cstddef>

#include "proto/model/spelling.hpp"

namespace muster::v1 {
namespace {

constexpr std::size_t length_min = 3;   // "ip" is one letter from "id", and means something else
constexpr std::size_t length_max = 40;  // longer than any name that we know; longer ones are near to nothing

}  // namespace

std::string_view nearest(std::string_view name, std::span<const std::string_view> known) {
  if (name.size() < length_min || name.size() > length_max) return {};
  std::string_view best;
  std::size_t best_distance = std::max<std::size_t>(1, name.size() / 3) + 1;  // a third of the letters may be wrong
  for (const std::string_view candidate : known) {
    if (candidate.size() > length_max) continue;
    const std::size_t d = model::spelling_distance(name, candidate);
    if (d < best_distance) {
      best = candidate;
      best_distance = d;
    }
  }
  return best;
}

}  // namespace muster::v1
