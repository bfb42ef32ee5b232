#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "server/api/doors.hpp"
#include "server/core/node.hpp"

// A registry for tests of the faces: a real core::Node behind the doors, on a clock that the test moves. Everything
// completes before the call returns, on the caller's thread.
namespace muster::test {

class NodeRegistry final : public api::Registry {
 public:
  static constexpr core::WallMs start_ms = 1'760'000'000'000;

  static core::Settings default_settings() {
    core::Settings settings;
    settings.origin = {.node = 1, .boot = 1};
    return settings;
  }

  explicit NodeRegistry(const core::Settings& settings = default_settings())
      : node_(settings, now_, /*seed=*/1), wake_up_(now_.monotonic) {
    take(node_.handle(core::Timer{}, now_));
  }

  /// Lets time pass. The node is woken whenever it asked for it, as the daemon does, so it never takes this for a
  /// pause.
  void advance(std::chrono::microseconds span) {
    const core::Monotonic target = now_.monotonic + span;
    while (now_.monotonic < target) {
      const core::Monotonic next = std::clamp(wake_up_, now_.monotonic + std::chrono::microseconds(1), target);
      set_monotonic(next);
      take(node_.handle(core::Timer{}, now_));
    }
  }

  core::Outcome run(core::Command command) {
    core::Outcome outcome;
    execute(std::make_shared<const core::Caller>(), std::move(command),
            [&](core::Outcome done) { outcome = std::move(done); });
    return outcome;
  }

  core::Node& node() { return node_; }
  core::Now now() const { return now_; }
  const std::vector<core::Fact>& facts() const { return facts_; }
  const std::vector<core::HoldFact>& holds() const { return holds_; }

  void carry_out(core::CallerPtr caller, core::Command command, bool confirm,
                 std::function<void(core::Outcome)> done) override {
    core::Request request;
    request.confirm = confirm;
    request.id = ++last_id_;
    request.caller = std::move(caller);
    request.command = std::move(command);
    core::Effects effects = node_.handle(std::move(request), now_);
    core::Outcome outcome;
    for (core::Reply& reply : effects.replies)
      if (reply.id == last_id_) outcome = std::move(reply.outcome);
    take(std::move(effects));
    done(std::move(outcome));
  }

  void service(std::string name, std::function<void(core::ServiceViewPtr)> done) override { done(node_.service(name)); }
  void registry(std::function<void(core::RegistryViewPtr)> done) override { done(node_.registry()); }
  void delta(std::function<void(core::DeltaViewPtr)> done) override { done(node_.delta()); }
  void services(std::function<void(core::ServicesViewPtr)> done) override { done(node_.services()); }
  void services_of_vip(std::string name, bool secure,
                       std::function<void(std::vector<core::ServiceViewPtr>)> done) override {
    done(node_.services_of_vip(name, secure));
  }
  void self_preservation(std::function<void(core::SelfPreservationView)> done) override {
    done(node_.self_preservation(now_));
  }
  void dormant_overrides(std::function<void(std::vector<core::DormantOverride>)> done) override {
    done(node_.dormant_overrides());
  }
  core::WallMs wall_ms() const override { return now_.wall_ms; }
  bool ready() const override { return node_.state() == core::NodeState::ready; }

 private:
  void set_monotonic(core::Monotonic monotonic) {
    now_.monotonic = monotonic;
    now_.wall_ms = start_ms + std::chrono::duration_cast<std::chrono::milliseconds>(monotonic - start_).count();
  }

  void take(core::Effects effects) {
    wake_up_ = effects.wake_up;
    std::move(effects.facts.begin(), effects.facts.end(), std::back_inserter(facts_));
    std::move(effects.holds.begin(), effects.holds.end(), std::back_inserter(holds_));
  }

  static constexpr core::Monotonic start_{std::chrono::seconds(1'000)};

  core::Now now_{start_, start_ms};
  core::Node node_;
  core::Monotonic wake_up_;
  core::RequestId last_id_ = 0;
  std::vector<core::Fact> facts_;
  std::vector<core::HoldFact> holds_;
};

/// Runs background jobs at once, and counts them.
class InlineBackground final : public api::Background {
 public:
  bool run(std::function<void()> job, std::function<void()> done) override {
    if (full) return false;
    ++jobs;
    job();
    done();
    return true;
  }

  int jobs = 0;
  bool full = false;
};

}  // namespace muster::test
