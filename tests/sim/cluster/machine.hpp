#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "server/core/node.hpp"
#include "tests/sim/clock.hpp"
#include "tests/sim/cluster/disk.hpp"
#include "tests/sim/schedule.hpp"

namespace muster::sim {

/// One machine of a cluster: its clocks and its disk, and the process on it, which may be stopped, killed and started
/// again. What comes while it stands still waits; what comes while it is dead is lost.
class Machine {
 public:
  /// Takes what the node wants to say.
  using Post = std::function<void(Machine& from, core::Outgoing message)>;
  /// Takes the answer to a request that had to wait.
  using Answered = std::function<void(const core::Outcome&)>;

  Machine(Schedule& schedule, core::Settings settings, std::uint64_t seed, std::int64_t drift_ppm, Post post);
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  /// A new boot, from what is left on the disk.
  void start(DiskFate fate = DiskFate::newest);
  void kill();
  void pause() { paused_ = true; }
  void resume();
  /// Saves snapshots from now on, so long after the start and after each other. Zero: none.
  void save_every(Time period);
  void save() { disk_.save(*node_); }
  void expect_peers(std::size_t count);  ///< the list of nodes has changed

  bool alive() const { return node_ != nullptr; }
  bool answers() const { return alive() && !paused_; }
  bool ready() const { return answers() && node_->state() == core::NodeState::ready; }
  model::Origin origin() const { return settings_.origin; }
  SimClock& clock() { return clock_; }
  const Disk& disk() const { return disk_; }
  core::Node& node() { return *node_; }
  const core::Settings& settings() const { return settings_; }
  core::Now now() const { return clock_.read(schedule_.now()); }
  struct Happened {
    Time at;
    core::Fact fact;
  };
  /// Facts of all boots, in order.
  const std::vector<Happened>& facts() const { return facts_; }

  /// Handled at once, or when the process goes on.
  void tell(core::Event event);
  /// None: it does not answer now; while it stands still the command waits all the same.
  std::optional<core::Outcome> ask(core::Command command);
  /// As ask(), but answered only once a peer has it, or did not confirm it in time. None: it does not answer at all.
  void ask_confirmed(core::Command command, Answered answered);

 private:
  core::Effects handle(core::Event event);
  void plan(core::Monotonic wake_up);
  void save_later(std::uint64_t boot);

  Schedule& schedule_;
  core::Settings settings_;
  std::uint64_t seed_;
  SimClock clock_;
  Post post_;
  Disk disk_;
  Time save_period_{0};
  std::unique_ptr<core::Node> node_;
  std::deque<core::Event> waiting_;
  std::vector<Happened> facts_;
  std::map<core::RequestId, Answered> unanswered_;
  bool paused_ = false;
  bool timer_missed_ = false;
  std::uint64_t plan_ = 0;  ///< only the latest counts
  core::RequestId requests_ = 0;
};

}  // namespace muster::sim
