#pragma once

#include <array>
#include <cstdint>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "server/app/event_ring.hpp"
#include "server/app/log.hpp"
#include "server/core/node.hpp"

namespace muster::app {

inline constexpr std::size_t cause_count = 8;

/// What happened in the registry, told to the operators: holds one by one, evictions summed up at most once a second,
/// everything else at debug; and kept for those who ask. Lives on the registry loop.
class FactLog {
 public:
  /// Keeps the latest `events_max` events.
  FactLog(boost::asio::io_context& loop, Log& log, std::size_t events_max);

  void take(const core::Fact& fact, core::WallMs at_ms);
  void take(const core::HoldFact& fact, core::WallMs at_ms);

  /// Writes the sum that waits, if any: for the end of the program.
  void flush();

  /// Facts since start, by core::Cause.
  const std::array<std::uint64_t, cause_count>& counts() const { return counts_; }

  const EventRing& events() const { return events_; }
  void set_events_max(std::size_t events_max) { events_.resize(events_max); }

 private:
  void count_eviction(const core::Fact& fact);

  Log& log_;
  EventRing events_;
  boost::asio::steady_timer summary_;
  std::array<std::uint64_t, cause_count> counts_{};
  std::array<std::uint64_t, cause_count> told_{};  ///< of counts_, what summaries have told
  bool summary_due_ = false;
  std::string example_;  ///< one of the evicted, as a place to begin searching
};

}  // namespace muster::app
