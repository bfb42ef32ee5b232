#pragma once

#include <algorithm>
#include <cstdint>

#include "proto/model/version.hpp"
#include "server/core/time.hpp"

namespace muster::core {

/// Hybrid logical clock (Kulkarni et al., "Logical Physical Clocks", 2014): follows the wall clock while that moves
/// forward and counts on when it does not, so that a wall clock that is set back never makes a version that loses.
class HybridClock {
 public:
  explicit HybridClock(model::Origin origin) : origin_(origin) {}

  /// A version greater than all that this clock gave or heard, and than `stored`.
  model::Version next(WallMs wall_ms, model::Version stored = {}) {
    last_ = std::max({clock_at(wall_ms), last_ + 1, stored.clock + 1});
    return {last_, origin_};
  }

  /// Another node has got so far.
  void hear(const model::Version& version) { last_ = std::max(last_, version.clock); }

  /// The greatest that was given or heard.
  std::uint64_t last() const { return last_; }

  /// The least clock of this time.
  static std::uint64_t clock_at(WallMs wall_ms) {
    return static_cast<std::uint64_t>(std::max<WallMs>(wall_ms, 0)) << counter_bits;
  }

  /// Milliseconds since 1970 as the clock that gave this version took them to be: they never go back on one node.
  static std::uint64_t physical_ms(const model::Version& version) { return version.clock >> counter_bits; }

 private:
  static constexpr unsigned counter_bits = 16;

  model::Origin origin_;
  std::uint64_t last_ = 0;
};

}  // namespace muster::core
