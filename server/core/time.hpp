#pragma once

#include <chrono>
#include <cstdint>

namespace muster::core {

/// A point of the monotonic clock as a span since an arbitrary start. All time-outs and leases use it.
using Monotonic = std::chrono::microseconds;

/// Milliseconds since 1970 of the wall clock: shown to people and to Eureka clients, and the physical part of versions.
/// Never used in a time-out, never compared with Monotonic.
using WallMs = std::int64_t;

/// The core has no clock: it is told the time with every event.
struct Now {
  Monotonic monotonic{0};
  WallMs wall_ms = 0;
};

}  // namespace muster::core
