#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "server/core/node.hpp"
#include "tests/sim/clock.hpp"
#include "tests/sim/oracle.hpp"
#include "tests/sim/random.hpp"
#include "tests/sim/schedule.hpp"
#include "tests/sim/trace.hpp"

namespace muster::sim {

struct SimNodeOptions {
  core::Settings settings;
  std::int64_t drift_ppm = 0;
  /// A busy loop comes to its timers a little late.
  Time wake_up_late_max = 2ms;
};

/// One machine that runs one core::Node: its clocks, its loop with a timer, its sockets with what waits in them.
/// Does what the daemon's composition root does, in virtual time, and shows every step to the oracles.
class SimNode {
 public:
  using ReplyTo = std::function<void(const core::Outcome&)>;

  SimNode(Schedule& schedule, Random random, SimNodeOptions options);

  /// A request reaches the node's socket. `reply_to` may be empty.
  void receive(core::CallerPtr caller, core::Command command, ReplyTo reply_to);

  /// The process stands still (SIGSTOP, a swapped-out virtual machine): time goes on, requests wait in their sockets.
  void pause();
  /// The whole machine stands still: its monotonic clock too.
  void suspend();
  void resume();
  bool stopped() const { return stopped_; }
  /// How often it was stopped since then (running time), for tolerances: see wake_up_gap_max.
  std::size_t stops_since(core::Monotonic running) const;
  /// A renewal (or registration) of this instance reached the socket during a stop that the node could notice, and was
  /// not read yet. A shorter stop is within the exactness of leases.
  bool renewal_waits(const core::Key& key) const;

  /// A node notices that it stood still by a timer that comes late, so what it takes for the pause is shorter than the
  /// true one by at most its wake-up period and the lateness that it puts down to a busy machine.
  static constexpr core::Monotonic wake_up_gap_max = 200ms;

  SimClock& clock() { return clock_; }
  core::Now now() const { return clock_.read(schedule_.now()); }
  /// The node's monotonic time without its pauses.
  core::Monotonic running() const;

  core::Node& core() { return *core_; }
  const core::Settings& settings() const { return settings_; }
  Trace& trace() { return trace_; }
  const Trace& trace() const { return trace_; }
  std::uint64_t steps() const { return steps_; }

  /// Oracles are asked in the order in which they came.
  void add(std::shared_ptr<Oracle> oracle) { oracles_.push_back(std::move(oracle)); }
  void poll();

 private:
  struct Waiting {
    core::CallerPtr caller;
    core::Command command;
    ReplyTo reply_to;
  };

  void step(const core::Event& event, const ReplyTo& reply_to);
  void check_effects(const core::Event& event, core::Now now, const core::Effects& effects);
  void serve_waiting();
  void plan_wake_up(core::Monotonic when);
  void on_timer(std::uint64_t plan);

  Schedule& schedule_;
  Random random_;
  SimClock clock_;
  core::Settings settings_;
  Time wake_up_late_max_;
  std::unique_ptr<core::Node> core_;
  std::vector<std::shared_ptr<Oracle>> oracles_;
  std::deque<Waiting> waiting_;
  Snapshots snapshots_;
  Trace trace_;
  bool stopped_ = false;
  bool suspended_ = false;
  bool timer_missed_ = false;
  Time stopped_since_{0};
  Time last_stop_{0};  ///< its length; zero for a suspend, which no clock of the node shows
  core::Monotonic paused_{0};
  std::vector<core::Monotonic> stops_;  ///< in running time
  bool planned_ = false;                ///< a timer is on its way, for wake_up_
  core::Monotonic wake_up_{0};
  std::uint64_t plan_ = 0;  ///< only the latest plan counts
  core::RequestId next_id_ = 1;
  std::uint64_t steps_ = 0;
};

}  // namespace muster::sim
