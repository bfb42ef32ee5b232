#include "proto/model/version_vector.hpp"

#include <xxhash.h>

namespace muster::model {

std::uint64_t VersionVector::digest() const {
  std::uint64_t sum = 0;
  for (const auto& [origin, clock] : clocks_) {
    const std::uint64_t words[] = {origin.node, origin.boot, clock};
    sum += XXH3_64bits(words, sizeof words);
  }
  return sum;
}

}  // namespace muster::model
