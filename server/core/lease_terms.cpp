#include "server/core/lease_terms.hpp"

#include <algorithm>

namespace muster::core {

GrantedLease grant(const model::LeaseRequest& asked, Face face, const LeaseSettings& settings) {
  const std::uint64_t longest = settings.duration_max_s;
  std::uint64_t interval = settings.defaults.interval_s;
  std::uint64_t duration = settings.defaults.duration_s;
  bool raised = false;
  if (asked.interval_s) interval = std::clamp<std::uint64_t>(*asked.interval_s, 1, longest);
  if (asked.duration_s) {
    duration = std::clamp<std::uint64_t>(*asked.duration_s, 1, longest);
    if (!asked.interval_s) {
      interval = std::max<std::uint64_t>(duration / 3, 1);
    } else if (duration < 2 * interval && !settings.doubled) {
      duration = 2 * interval;
      raised = true;
    }
  } else if (asked.interval_s) {
    duration = face == Face::native ? 3 * interval : std::max(duration, 2 * interval);
  }
  if (duration > longest) {
    duration = longest;
    interval = std::min(interval, std::max<std::uint64_t>(longest / 2, 1));
  }
  return {{static_cast<std::uint32_t>(interval), static_cast<std::uint32_t>(duration)}, raised};
}

}  // namespace muster::core
