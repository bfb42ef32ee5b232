#pragma once

#include <time.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>

#include "server/api/eureka/form.hpp"

namespace muster::api::eureka {

/// Work done on the loop may hold it up for this long.
inline constexpr std::chrono::nanoseconds inline_max = std::chrono::milliseconds(2);

/// Time of this thread on a processor. A rate learned by the wall clock of a busy machine would send to the background
/// what takes no time.
inline std::chrono::nanoseconds thread_time() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

/// How long encoding takes, learned as it happens, for each form. Lives on the loop.
class CostModel {
 public:
  std::chrono::nanoseconds estimate(Form form, std::size_t work) const {
    return std::chrono::nanoseconds(static_cast<std::int64_t>(rate(form) * static_cast<double>(work)));
  }

  /// Work that surely is too much for the loop: counting may stop there.
  std::size_t too_much(Form form) const {
    return static_cast<std::size_t>(static_cast<double>(inline_max.count()) / rate(form)) + 1;
  }

  void learn(Form form, std::size_t work, std::chrono::nanoseconds took) {
    if (work < work_min) return;
    double& rate = rates_[form.index()];
    const double seen = static_cast<double>(took.count()) / static_cast<double>(work);
    // A single slow run is more often a busy machine than a slower encoder, so it counts for little.
    rate = seen < rate ? (rate + seen) / 2 : rate + (std::min(seen, 4 * rate) - rate) / 8;
    rate = std::clamp(rate, rate_min, rate_max);
  }

 private:
  double rate(Form form) const { return rates_[form.index()]; }

  static constexpr std::size_t work_min = 20'000;  ///< less is lost in the clock's and the allocator's noise
  static constexpr double rate_min = 0.2;
  static constexpr double rate_max = 50;
  /// Nanoseconds a byte of work; start values measured on Spring-shaped instances, where one is some 450 bytes.
  std::array<double, segment_forms> rates_{3, 6.5, 1.5, 2.5, 3, 8, 2, 3.5};
};

}  // namespace muster::api::eureka
