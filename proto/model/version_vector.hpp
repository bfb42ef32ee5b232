#pragma once

#include <algorithm>
#include <cstdint>
#include <map>

#include "proto/model/version.hpp"

namespace muster::model {

/// For each origin the clock up to which all of its writes are known: what is not covered by it is lacking. It never
/// advances across a gap, and it only grows.
class VersionVector {
 public:
  std::uint64_t at(const Origin& origin) const {
    const auto place = clocks_.find(origin);
    return place == clocks_.end() ? 0 : place->second;
  }
  /// The zero version stands for no write at all, which everybody knows.
  bool covers(const Version& version) const { return version.clock <= at(version.origin); }
  bool covers(const VersionVector& other) const {
    return std::all_of(other.clocks_.begin(), other.clocks_.end(),
                       [this](const auto& item) { return item.second <= at(item.first); });
  }

  void raise(const Origin& origin, std::uint64_t clock) {
    if (clock == 0) return;
    std::uint64_t& known = clocks_[origin];
    known = std::max(known, clock);
  }
  void raise(const VersionVector& other) {
    for (const auto& [origin, clock] : other.clocks_) raise(origin, clock);
  }

  /// Equal vectors have equal digests, and others hardly ever.
  std::uint64_t digest() const;

  const std::map<Origin, std::uint64_t>& clocks() const { return clocks_; }
  bool operator==(const VersionVector&) const = default;

 private:
  std::map<Origin, std::uint64_t> clocks_;
};

}  // namespace muster::model
