#pragma once

#include "server/core/time.hpp"
#include "tests/sim/schedule.hpp"

namespace muster::sim {

/// The two clocks of one machine, as wrong as real ones: both drift, the wall clock is stepped, and the monotonic one
/// stands still while the machine is suspended.
class SimClock {
 public:
  /// 2025-01-01: any date will do, but dirty timestamps and incarnations look like real ones.
  static constexpr core::WallMs epoch_ms = 1'735'689'600'000;

  explicit SimClock(std::int64_t drift_ppm = 0) : drift_ppm_(drift_ppm) {}

  core::Monotonic monotonic(Time now) const { return start + drifted(now - suspended_); }
  core::WallMs wall_ms(Time now) const { return epoch_ms + drifted(now).count() / 1000 + step_ms_; }
  core::Now read(Time now) const { return core::Now{monotonic(now), wall_ms(now)}; }

  /// The first moment at which the monotonic clock shows at least `reading`, if it is not suspended meanwhile.
  Time when(core::Monotonic reading) const {
    const std::int64_t span = (reading - start).count();
    Time guess{span - span * drift_ppm_ / 1'000'000 + suspended_.count()};
    while (monotonic(guess) < reading) guess += Time{1};
    return guess;
  }

  void step_wall(std::chrono::milliseconds by) { step_ms_ += by.count(); }
  void add_suspended(Time span) { suspended_ += span; }

 private:
  /// A machine has run for a while before the daemon starts: zero must not be special.
  static constexpr core::Monotonic start = std::chrono::hours(30);

  Time drifted(Time span) const { return span + Time{span.count() * drift_ppm_ / 1'000'000}; }

  std::int64_t drift_ppm_;
  std::int64_t step_ms_ = 0;
  Time suspended_{0};
};

}  // namespace muster::sim
