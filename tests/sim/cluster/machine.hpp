#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>

#include "server/core/node.hpp"
#include "tests/sim/clock.hpp"
#include "tests/sim/schedule.hpp"

namespace muster::sim {

/// One machine of a cluster: its clocks, and the process on it, which may be stopped, killed and started again. What
/// comes while it stands still waits; what comes while it is dead is lost.
class Machine {
 public:
  /// Takes what the node wants to say.
  using Post = std::function<void(Machine& from, core::Outgoing message)>;

  Machine(Schedule& schedule, core::Settings settings, std::uint64_t seed, std::int64_t drift_ppm, Post post);
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  void start();  ///< a new boot that remembers nothing
  void kill();
  void pause() { paused_ = true; }
  void resume();

  bool alive() const { return node_ != nullptr; }
  bool answers() const { return alive() && !paused_; }
  model::Origin origin() const { return settings_.origin; }
  SimClock& clock() { return clock_; }
  core::Node& node() { return *node_; }
  /// Facts of all boots, in order.
  const std::vector<core::Fact>& facts() const { return facts_; }

  /// Handled at once, or when the process goes on.
  void tell(core::Event event);
  /// None: it does not answer now; while it stands still the command waits all the same.
  std::optional<core::Outcome> ask(core::Command command);

 private:
  core::Effects handle(core::Event event);
  void plan(core::Monotonic wake_up);

  Schedule& schedule_;
  core::Settings settings_;
  std::uint64_t seed_;
  SimClock clock_;
  Post post_;
  std::unique_ptr<core::Node> node_;
  std::deque<core::Event> waiting_;
  std::vector<core::Fact> facts_;
  bool paused_ = false;
  bool timer_missed_ = false;
  std::uint64_t plan_ = 0;  ///< only the latest counts
  core::RequestId requests_ = 0;
};

}  // namespace muster::sim
