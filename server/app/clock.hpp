#pragma once

#include <chrono>

#include "server/core/time.hpp"

namespace muster::app {

/// The clocks of the machine. The monotonic one stands still while the machine is suspended, which is right for leases:
/// clients on a suspended laptop are not missed. Any thread.
struct Clock {
  static core::Monotonic monotonic() {
    return std::chrono::duration_cast<core::Monotonic>(std::chrono::steady_clock::now().time_since_epoch());
  }

  static core::WallMs wall_ms() {
    const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(since_1970).count();
  }

  static core::Now now() { return core::Now{monotonic(), wall_ms()}; }
};

}  // namespace muster::app
