#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "proto/model/instance.hpp"
#include "proto/model/version.hpp"

namespace muster::core {

/// Lease terms that the node gives. A registration without numbers gets the defaults.
struct LeaseSettings {
  model::LeaseTerms defaults{30, 90};
  std::uint32_t duration_max_s = 86'400;  ///< longer ones are cut to this
  /// Eureka's own arithmetic: after its first renewal an instance lives two durations. Off: leases are exact.
  bool doubled = false;
};

/// When leases that fail together are taken for a network fault. See self_preservation.hpp.
struct SelfPreservationSettings {
  bool enabled = true;
  std::size_t instances_min = 10;  ///< smaller scopes are never held
  std::size_t failing_min = 5;     ///< fewer failing leases never hold a scope
  unsigned failing_percent = 15;   ///< held above this share of the scope
  std::chrono::seconds hold_max_service{120};
  std::chrono::seconds hold_max_infrastructure{900};
};

/// What strangers can grow in the core.
struct CoreLimits {
  std::size_t instances = 1'000'000;
  std::size_t services = 100'000;
  std::size_t dormant_overrides = 10'000;  ///< overrides without a live record
  std::size_t tombstones = 200'000;        ///< the oldest go first
  std::size_t overlay_entries = 64;        ///< metadata keys patched from outside, an instance
  std::size_t changes = 200'000;           ///< length of the change log (deltas); the oldest go first
  std::size_t overlay_bytes = 16'384;      ///< their keys and values together, an instance
};

struct Settings {
  model::Origin origin;  ///< this node and its boot
  LeaseSettings lease;
  SelfPreservationSettings self_preservation;
  CoreLimits limits;
  std::size_t peers = 0;  ///< other nodes of the cluster, as far as is known from its list
  /// No version is given that is not greater. A node with a disk keeps such a mark there, ahead of Node::clock(): after
  /// a restart its writes win over those that it had seen, however far back its wall clock was set meanwhile.
  std::uint64_t clock_mark = 0;
  bool served_before = false;  ///< an earlier boot has served, and what it kept is lost
  std::chrono::seconds tombstone_retention{600};
  std::chrono::seconds change_retention{180};  ///< how long a change stays in deltas; Eureka's delta window
};

}  // namespace muster::core
