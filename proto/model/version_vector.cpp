#include "proto/model/version_vector.hpp"

#include <xxhash.h>

#include <array>
#include <cstdio>

namespace muster::model {

std::string node_name(std::uint64_t id) {
  std::array<char, 17> text{};
  std::snprintf(text.data(), text.size(), "%016llx", static_cast<unsigned long long>(id));
  return text.data();
}

std::uint64_t VersionVector::digest() const {
  std::uint64_t sum = 0;
  for (const auto& [origin, clock] : clocks_) {
    const std::uint64_t words[] = {origin.node, origin.boot, clock};
    sum += XXH3_64bits(words, sizeof words);
  }
  return sum;
}

}  // namespace muster::model
