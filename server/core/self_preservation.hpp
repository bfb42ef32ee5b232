#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "server/core/settings.hpp"
#include "server/core/timer_wheel.hpp"
#include "server/core/view.hpp"

namespace muster::core {

struct Slot;

/// A set of leases that may fail together, with what is counted of it. Owned by SelfPreservation.
struct Scope {
  ScopeKind kind = ScopeKind::all;
  std::string name;
  std::size_t members = 0;  ///< live leases, and those that expired less than one lease ago
  std::size_t failing = 0;  ///< of these, the late, held and expired ones
  std::map<std::string_view, std::size_t> failing_services;  ///< only infrastructure scopes; keys live as the services

  // While it is held:
  bool held = false;
  bool ending = false;
  Cause ending_cause = Cause::hold_expired;
  Monotonic since{0};
  Monotonic next_batch{0};
  WallMs since_ms = 0;
  Hook waiting;  ///< held slots, the longest held first
  std::size_t waiting_count = 0;
};

/// The scopes that one instance belongs to; null where it has none.
struct Scopes {
  Scope* service = nullptr;
  Scope* subnet = nullptr;
  Scope* zone = nullptr;
  Scope* holder = nullptr;  ///< of leases that another node holds
  Scope* all = nullptr;
  Scope* holding = nullptr;  ///< the one that holds it now
  bool failing = false;      ///< counted as failing
};

/// Decides whether leases that ran out mean dead instances or a broken network. A lease counts as failing from the
/// moment it is late until one lease after it expired. A scope is anomalous when it is big enough, and enough of it
/// fails, in number and in share. What fails is put down to a silent holder, else to the smallest infrastructure
/// scope (subnet, zone, all) that explains it: one where at least three services fail, and not only the biggest of
/// them; else to the service. An anomalous scope is held: nothing in it is evicted until it recovers, an operator
/// releases it, or its time is up. Then what it holds is evicted in batches. Runs on the registry loop; times are
/// running time (pauses left out).
class SelfPreservation {
 public:
  explicit SelfPreservation(const SelfPreservationSettings& settings) : settings_(settings) {}

  void reconfigure(const SelfPreservationSettings& settings) { settings_ = settings; }

  /// Counts a lease in; `subnet` and `zone` may be empty.
  void join(Slot& slot, std::string_view subnet, std::string_view zone);
  /// Another node holds its lease from now on; empty: this one does. Precondition: it has joined.
  void set_holder(Slot& slot, std::string_view holder);
  /// Whether anything is heard of a node. The leases that a silent one holds fail together whatever their services.
  void set_silent(const std::string& holder, bool silent);

  /// Counts it out of all its scopes, and out of the hold if it is held.
  void leave(Slot& slot);
  /// Its lease became late (true) or was renewed (false; it also leaves its hold).
  void set_failing(Slot& slot, bool failing);

  /// The lease of `slot` ran out: true, and the slot is held; or false: evict it.
  bool hold(Slot& slot, Monotonic now, WallMs wall_ms);

  struct Progress {
    std::vector<Hold> began, ended;
    std::vector<Slot*> recovered;                ///< their scope recovered: give them a full lease again
    std::vector<std::pair<Slot*, Cause>> evict;  ///< the next batch of holds that are ending
  };
  /// Ends holds whose scope recovered or whose time is up. Called every 100 ms or so; O(holds + what it returns).
  Progress advance(Monotonic now, WallMs wall_ms);

  bool release(ScopeKind kind, std::string_view name, Monotonic now);

  std::vector<Hold> holds(Monotonic now, WallMs wall_ms) const;
  std::size_t held_instances() const { return held_instances_; }
  /// What is held, the oldest hold first.
  std::vector<Slot*> waiting() const;

 private:
  using ScopeKey = std::pair<ScopeKind, std::string>;

  Scope& scope(ScopeKind kind, std::string_view name);
  void count_out(Scope*& scope);
  void drop_if_unused(Scope* scope);
  void count_failing(Slot& slot, bool failing);
  static void count_failing(Scope& scope, std::string_view service, bool failing);
  void leave_hold(Slot& slot);
  bool too_many_fail(const Scope& scope) const;
  bool is_silent(const Scope* scope) const;
  bool recovered(const Scope& scope) const;
  bool several_services_fail(const Scope& scope) const;
  Scope* scope_to_blame(const Slot& slot) const;
  void begin(Scope& scope, Monotonic now, WallMs wall_ms);
  void end(Scope& scope, Progress& progress, Monotonic now, WallMs wall_ms);
  std::chrono::seconds hold_max(const Scope& scope) const;
  Hold describe(const Scope& scope, Monotonic now, WallMs wall_ms) const;

  SelfPreservationSettings settings_;
  std::map<std::string, std::size_t> silent_;  ///< holders, with the leases that each had when it fell silent
  std::map<ScopeKey, std::unique_ptr<Scope>> scopes_;
  std::vector<Scope*> held_;  ///< in the order in which they began
  std::vector<Hold> began_;   ///< since the last advance()
  std::size_t held_instances_ = 0;
};

/// The /24 or /64 that an IP address is in, in CIDR form; empty when it is no IP address.
std::string subnet_of(std::string_view address);

}  // namespace muster::core
