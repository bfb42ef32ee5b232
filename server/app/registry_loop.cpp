#include "server/app/registry_loop.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "server/app/clock.hpp"

namespace muster::app {

namespace {

/// Heartbeats are not kept waiting for a peer: what they write is who holds a lease, which the next one would repair.
bool waits_for_a_peer(const core::Command& command) {
  return !std::holds_alternative<core::Renew>(command) && !std::holds_alternative<core::RenewMany>(command);
}

bool has_a_write(const std::vector<core::Outgoing>& messages) {
  return std::any_of(messages.begin(), messages.end(), [](const core::Outgoing& outgoing) {
    return std::holds_alternative<peer::Changes>(outgoing.message);
  });
}

}  // namespace

RegistryLoop::RegistryLoop(boost::asio::io_context& loop, const core::Settings& settings, std::uint64_t seed,
                           FactLog& facts, const Restore& restore)
    : node_(settings, Clock::now(), seed), facts_(facts), timer_(loop) {
  if (restore) restore(node_);
  tell(core::Timer{});
}

void RegistryLoop::carry_out(core::CallerPtr caller, core::Command command, bool confirm,
                             std::function<void(core::Outcome)> done) {
  const core::RequestId id = ++last_id_;
  const core::Now now = Clock::now();
  const bool waits = voice_ != nullptr && waits_for_a_peer(command);
  core::Effects effects = node_.handle(core::Request{id, std::move(caller), std::move(command), confirm}, now);
  const bool wrote = waits && has_a_write(effects.messages);
  take(effects, now.wall_ms);
  if (effects.replies.size() != 1 || effects.replies.front().id != id) {
    open_.emplace(id, std::move(done));
    for (core::Reply& reply : effects.replies) complete(std::move(reply));
  } else if (wrote) {
    voice_->when_taken([done = std::move(done), outcome = std::move(effects.replies.front().outcome)]() mutable {
      done(std::move(outcome));
    });
  } else {
    done(std::move(effects.replies.front().outcome));
  }
}

void RegistryLoop::tell(core::Event event) {
  const core::Now now = Clock::now();
  core::Effects effects = node_.handle(std::move(event), now);
  take(effects, now.wall_ms);
  for (core::Reply& reply : effects.replies) complete(std::move(reply));
}

void RegistryLoop::complete(core::Reply reply) {
  const auto found = open_.find(reply.id);
  if (found == open_.end()) return;
  const auto done = std::move(found->second);
  open_.erase(found);
  done(std::move(reply.outcome));
}

void RegistryLoop::take(core::Effects& effects, core::WallMs at_ms) {
  for (const core::Fact& fact : effects.facts) facts_.take(fact, at_ms);
  for (const core::HoldFact& hold : effects.holds) facts_.take(hold, at_ms);
  if (voice_ && !effects.messages.empty()) voice_->say(std::move(effects.messages));
  if (const core::NodeState state = node_.state(); state != state_) {
    state_ = state;
    if (state_changed_) state_changed_(state);
  }
  wake_by(effects.wake_up);
}

/// A later wish leaves the timer alone, which then rings early and is set again: heartbeats move the wish on and on,
/// and setting the timer each time would cost more than the heartbeat.
void RegistryLoop::wake_by(core::Monotonic time) {
  wanted_ = time;
  if (time < armed_) arm(time);
}

void RegistryLoop::arm(core::Monotonic time) {
  armed_ = time;
  timer_.expires_at(std::chrono::steady_clock::time_point(time));
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) on_timer();
  });
}

void RegistryLoop::on_timer() {
  armed_ = core::Monotonic::max();
  if (wanted_ > Clock::now().monotonic) {
    arm(wanted_);
    return;
  }
  // However late this turn is, the core gets the true time: it judges no lease in a late one before the sockets were
  // read.
  tell(core::Timer{});
}

void RegistryLoop::reconfigure(const core::Settings& settings) {
  node_.reconfigure(settings);
  tell(core::Timer{});  // new terms may want an earlier wake-up
}

void RegistryLoop::service(std::string name, std::function<void(core::ServiceViewPtr)> done) {
  done(node_.service(name));
}

void RegistryLoop::registry(std::function<void(core::RegistryViewPtr)> done) {
  done(node_.registry());
}

void RegistryLoop::delta(std::function<void(core::DeltaViewPtr)> done) {
  done(node_.delta());
}

void RegistryLoop::services(std::function<void(core::ServicesViewPtr)> done) {
  done(node_.services());
}

void RegistryLoop::services_of_vip(std::string name, bool secure,
                                   std::function<void(std::vector<core::ServiceViewPtr>)> done) {
  done(node_.services_of_vip(name, secure));
}

void RegistryLoop::self_preservation(std::function<void(core::SelfPreservationView)> done) {
  done(self_preservation_now());
}

void RegistryLoop::dormant_overrides(std::function<void(std::vector<core::DormantOverride>)> done) {
  done(node_.dormant_overrides());
}

core::WallMs RegistryLoop::wall_ms() const {
  return Clock::wall_ms();
}

std::vector<core::PeerView> RegistryLoop::peers_now() const {
  return node_.peers(Clock::now());
}

core::SelfPreservationView RegistryLoop::self_preservation_now() const {
  return node_.self_preservation(Clock::now());
}

}  // namespace muster::app
