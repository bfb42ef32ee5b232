#include "tests/sim/cluster/machine.hpp"

#include <utility>

namespace muster::sim {

Machine::Machine(Schedule& schedule, core::Settings settings, std::uint64_t seed, std::int64_t drift_ppm, Post post)
    : schedule_(schedule), settings_(std::move(settings)), seed_(seed), clock_(drift_ppm), post_(std::move(post)) {}

void Machine::start(DiskFate fate) {
  ++settings_.origin.boot;
  paused_ = timer_missed_ = false;
  waiting_.clear();
  unanswered_.clear();
  disk_.suffer(fate);
  disk_.prepare(settings_);
  node_ = std::make_unique<core::Node>(settings_, now(), ++seed_);
  disk_.load(*node_);
  handle(core::Timer{});
  save_later(settings_.origin.boot);
}

void Machine::kill() {
  node_.reset();
  waiting_.clear();
  unanswered_.clear();
  ++plan_;
}

void Machine::save_every(Time period) {
  save_period_ = period;
  save_later(settings_.origin.boot);
}

void Machine::save_later(std::uint64_t boot) {
  if (save_period_ == Time{0}) return;
  schedule_.after(save_period_, [this, boot] {
    if (!alive() || settings_.origin.boot != boot) return;
    if (!paused_) save();
    save_later(boot);
  });
}

void Machine::expect_peers(std::size_t count) {
  settings_.peers = count;
  if (alive()) node_->reconfigure(settings_);
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

void Machine::ask_confirmed(core::Command command, Answered answered) {
  const core::RequestId id = ++requests_;
  if (alive()) unanswered_[id] = std::move(answered);
  tell(core::Request{id, nullptr, std::move(command), true});
}

core::Effects Machine::handle(core::Event event) {
  core::Effects effects = node_->handle(std::move(event), now());
  disk_.follow(*node_);
  for (core::Fact& fact : effects.facts) facts_.push_back({schedule_.now(), std::move(fact)});
  plan(effects.wake_up);
  for (core::Outgoing& message : std::exchange(effects.messages, {})) post_(*this, std::move(message));
  for (const core::Reply& reply : effects.replies) {
    const auto waits = unanswered_.find(reply.id);
    if (waits == unanswered_.end()) continue;
    const Answered answered = std::move(waits->second);
    unanswered_.erase(waits);
    answered(reply.outcome);
  }
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
