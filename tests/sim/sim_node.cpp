#include "tests/sim/sim_node.hpp"

#include <algorithm>

namespace muster::sim {

void Oracle::after(SimNode&, const Step&) {}
void Oracle::poll(SimNode&, const Poll&) {}

void violated(const SimNode& node, std::string_view oracle, const std::string& what) {
  throw Violation(
      std::string(oracle) + ": " + what + "\n  node's clock: " + std::to_string(node.now().monotonic.count()) +
      " us, running: " + std::to_string(node.running().count()) + " us\nlast steps:\n" + node.trace().last_lines());
}

std::string to_string(const core::Key& key) {
  return key.service + '/' + key.id;
}

SimNode::SimNode(Schedule& schedule, Random random, SimNodeOptions options)
    : schedule_(schedule),
      random_(random),
      clock_(options.drift_ppm),
      settings_(options.settings),
      wake_up_late_max_(options.wake_up_late_max),
      core_(std::make_unique<core::Node>(settings_, clock_.read(schedule.now()), random_.next())) {
  // The daemon, too, asks for the first wake-up by a timer of its own.
  schedule_.after(0us, [this, plan = plan_] { on_timer(plan); });
}

core::Monotonic SimNode::running() const {
  core::Monotonic paused = paused_;
  if (stopped_ && !suspended_) paused += clock_.monotonic(schedule_.now()) - clock_.monotonic(stopped_since_);
  return clock_.monotonic(suspended_ ? stopped_since_ : schedule_.now()) - paused;
}

void SimNode::receive(core::CallerPtr caller, core::Command command, ReplyTo reply_to) {
  waiting_.push_back(Waiting{std::move(caller), std::move(command), std::move(reply_to)});
  if (!stopped_) serve_waiting();
}

std::size_t SimNode::stops_since(core::Monotonic running) const {
  return static_cast<std::size_t>(stops_.end() - std::lower_bound(stops_.begin(), stops_.end(), running));
}

bool SimNode::renewal_waits(const core::Key& key) const {
  if (last_stop_ <= wake_up_gap_max) return false;
  return std::any_of(waiting_.begin(), waiting_.end(), [&key](const Waiting& item) {
    if (const auto* renew = std::get_if<core::Renew>(&item.command)) return renew->key == key;
    if (const auto* registration = std::get_if<core::Register>(&item.command)) return registration->key == key;
    return false;
  });
}

void SimNode::pause() {
  stops_.push_back(running());
  stopped_ = true;
  stopped_since_ = schedule_.now();
}

void SimNode::suspend() {
  pause();
  suspended_ = true;
}

void SimNode::resume() {
  last_stop_ = suspended_ ? Time{0} : schedule_.now() - stopped_since_;
  if (suspended_)
    clock_.add_suspended(schedule_.now() - stopped_since_);
  else
    paused_ += clock_.monotonic(schedule_.now()) - clock_.monotonic(stopped_since_);
  stopped_ = suspended_ = false;
  // A loop that wakes up may find its timer first, or its sockets.
  const bool timer_first = timer_missed_ && random_.permille(500);
  const bool timer_later = timer_missed_ && !timer_first;
  timer_missed_ = false;
  if (timer_first) step(core::Timer{}, {});
  serve_waiting();
  if (timer_later) step(core::Timer{}, {});
}

void SimNode::serve_waiting() {
  while (!waiting_.empty()) {
    Waiting item = std::move(waiting_.front());
    waiting_.pop_front();
    step(core::Request{next_id_++, std::move(item.caller), std::move(item.command)}, item.reply_to);
  }
}

void SimNode::step(const core::Event& event, const ReplyTo& reply_to) {
  const core::Now now = this->now();
  const core::Effects effects = core_->handle(event, now);
  ++steps_;
  trace_.add(event, now, effects);
  check_effects(event, now, effects);
  plan_wake_up(effects.wake_up);
  const Step step{event, now, running(), effects};
  for (const auto& oracle : oracles_) oracle->after(*this, step);
  if (reply_to) reply_to(effects.replies.front().outcome);
}

void SimNode::check_effects(const core::Event& event, core::Now now, const core::Effects& effects) {
  const auto* request = std::get_if<core::Request>(&event);
  const std::size_t replies = request != nullptr ? 1 : 0;
  if (effects.replies.size() != replies) violated(*this, "effects", "a request has exactly one reply, a timer none");
  if (request != nullptr && effects.replies.front().id != request->id)
    violated(*this, "effects", "the reply carries the id of another request");
  if (request == nullptr && effects.wake_up <= now.monotonic)
    violated(*this, "effects", "after a wake-up the next one is not in the future");
}

void SimNode::plan_wake_up(core::Monotonic when) {
  if (planned_ && wake_up_ == when) return;
  planned_ = true;
  wake_up_ = when;
  const Time late{random_.between(0, wake_up_late_max_.count())};
  schedule_.at(clock_.when(when) + late, [this, plan = ++plan_] { on_timer(plan); });
}

void SimNode::on_timer(std::uint64_t plan) {
  if (plan != plan_) return;
  planned_ = false;
  // A suspended machine finds its timer too early when it is back: the loop may wake the node before it asked.
  if (stopped_)
    timer_missed_ = true;
  else
    step(core::Timer{}, {});
}

void SimNode::poll() {
  if (stopped_) return;
  const Snapshot& snapshot = snapshots_.look(*core_);
  const Poll poll{now(), snapshot, snapshots_.changed()};
  for (const auto& oracle : oracles_) oracle->poll(*this, poll);
}

}  // namespace muster::sim
