#include "tests/sim/cluster/machine.hpp"

#include <utility>

namespace muster::sim {

Machine::Machine(Schedule& schedule, core::Settings settings, std::uint64_t seed, std::int64_t drift_ppm, Post post)
    : schedule_(schedule), settings_(std::move(settings)), seed_(seed), clock_(drift_ppm), post_(std::move(post)) {}

void Machine::start() {
  ++settings_.origin.boot;
  paused_ = timer_missed_ = false;
  waiting_.clear();
  node_ = std::make_unique<core::Node>(settings_, clock_.read(schedule_.now()), ++seed_);
  handle(core::Timer{});
}

void Machine::kill() {
  node_.reset();
  waiting_.clear();
  ++plan_;
}

void Machine::resume() {
  paused_ = false;
  if (!alive()) return;
  if (std::exchange(timer_missed_, false)) handle(core::Timer{});
  while (!waiting_.empty() && answers()) {
    core::Event event = std::move(waiting_.front());
    waiting_.pop_front();
    handle(std::move(event));
  }
}

void Machine::tell(core::Event event) {
  if (!alive()) return;
  if (paused_)
    waiting_.push_back(std::move(event));
  else
    handle(std::move(event));
}

std::optional<core::Outcome> Machine::ask(core::Command command) {
  core::Request request{++requests_, nullptr, std::move(command)};
  if (!answers()) {
    tell(std::move(request));
    return std::nullopt;
  }
  core::Effects effects = handle(std::move(request));
  return std::move(effects.replies.front().outcome);
}

core::Effects Machine::handle(core::Event event) {
  core::Effects effects = node_->handle(std::move(event), clock_.read(schedule_.now()));
  facts_.insert(facts_.end(), effects.facts.begin(), effects.facts.end());
  plan(effects.wake_up);
  for (core::Outgoing& message : std::exchange(effects.messages, {})) post_(*this, std::move(message));
  return effects;
}

void Machine::plan(core::Monotonic wake_up) {
  const std::uint64_t plan = ++plan_;
  schedule_.at(clock_.when(wake_up), [this, plan] {
    if (plan != plan_ || !alive()) return;
    if (paused_)
      timer_missed_ = true;
    else
      handle(core::Timer{});
  });
}

}  // namespace muster::sim
