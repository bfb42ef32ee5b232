#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>

#include "server/core/self_preservation.hpp"
#include "server/core/timer_wheel.hpp"
#include "server/core/view.hpp"

// What the node keeps for itself, beside the immutable entries that it hands out.
namespace muster::core {

/// A service that has, or had within the retention, an instance, a tombstone or a dormant override.
struct Service {
  std::shared_ptr<const std::string> name;
  std::size_t group = 0;  ///< where its summary is
  std::size_t place = 0;  ///< in the group
  std::size_t slots = 0;  ///< live or not
  std::size_t size = 0;   ///< live
  StatusCounts counts{};
  std::uint64_t revision = 0;
  std::uint64_t marks_revision = 0;
  ContentHash hash;
  std::map<std::string, LeaseState, std::less<>> marks;
  std::map<std::string, std::size_t, std::less<>> vips;  ///< VIP names of live instances, counted
  std::map<std::string, std::size_t, std::less<>> secure_vips;
  std::deque<std::uint64_t> changes;  ///< numbers in the change log
  ServiceViewPtr view;                ///< null: to be made anew
};

/// One key: a live record with its lease, or a tombstone, or a dormant override, or only a change in the log. The timer
/// is the lease's while the record lives (next judgement), and the tombstone's afterwards; while the instance is held
/// its hook is in the hold.
struct Slot : TimerHook {
  EntryPtr entry;
  Service* service = nullptr;
  bool live = false;
  LeaseState lease = LeaseState::ok;
  bool renewed_once = false;  ///< for Eureka's doubled leases
  Monotonic renewed{0};       ///< running time of the last renewal, or of the end of the record
  Monotonic heard_here{0};    ///< running time when last its client renewed at this node, or at one that passed it on
  unsigned passes = 0;        ///< renewals passed on to the holder in a row
  Monotonic passed_at{0};     ///< running time of the last
  Monotonic extended{0};      ///< added to the lease when a hold ended by recovery
  WallMs renewed_ms = 0;
  Incarnation incarnation = 0;    ///< the newest heard, equal registrations included: what a cancel fences
  std::int64_t dirty_ms = 0;      ///< likewise
  Monotonic dirty_heard{0};       ///< running time when it was heard
  Monotonic fenced_at{0};         ///< running time of its last cancel
  std::uint64_t change = 0;       ///< number of its last change
  Monotonic override_due{0};      ///< running time when the override ends; 0: with the record
  Monotonic override_until{0};    ///< the end that it was given; 0: none. While dormant it may be due before
  std::uint64_t key_hash = 0;     ///< while live: its place in the content tree
  std::uint64_t digest = 0;       ///< while live: what it adds there
  std::uint32_t whole_state = 0;  ///< number of the last whole state of a peer that it was part of
  Scopes scopes;                  ///< counted in these while live, and one lease longer when it expired
};

}  // namespace muster::core
