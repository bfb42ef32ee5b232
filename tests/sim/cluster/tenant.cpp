#include "tests/sim/cluster/tenant.hpp"

#include <utility>

namespace muster::sim {

Tenant::Tenant(Cluster& cluster, core::Key key, std::size_t home)
    : cluster_(cluster), key_(std::move(key)), home_(home) {}

void Tenant::start() {
  act();
  renew_later();
}

void Tenant::renew_later() {
  const auto interval = std::chrono::seconds(interval_s);
  const Time jitter{cluster_.random().between(-200'000, 200'000)};
  cluster_.schedule().after(interval + jitter, [this] {
    act();
    renew_later();
  });
}

/// At home, or at the first of the others that answers, which is home from then on.
std::optional<core::Outcome> Tenant::ask(const core::Command& command) {
  if (witness_) witness_->asked(command);
  for (std::size_t tries = 0; tries < cluster_.size(); ++tries) {
    auto outcome = cluster_.machine(home_).ask(command);
    if (outcome && outcome->result != core::Result::not_ready) {
      if (witness_) witness_->answered(home_, command, *outcome);
      return outcome;
    }
    home_ = (home_ + 1) % cluster_.size();
  }
  return std::nullopt;
}

bool Tenant::enroll() {
  model::Instance instance;
  instance.host_name = instance.address = "10.0.0.1";
  instance.metadata = {{"text", payload_}};
  core::Register command;
  command.key = key_;
  command.payload = model::pack(instance);
  command.lease = {interval_s, duration_s};
  command.incarnation = incarnation_;
  const auto outcome = ask(command);
  if (outcome && outcome->result == core::Result::cancelled) ++incarnation_;
  return outcome && outcome->result != core::Result::cancelled;
}

void Tenant::act() {
  if (!running_) return;
  if (!wants_) {
    if (cancel_due_ && ask(core::Cancel{key_, incarnation_, core::Face::native})) cancel_due_ = false;
    return;
  }
  if (registered_) {
    const auto outcome = ask(core::Renew{key_, std::nullopt, core::Face::native, incarnation_});
    if (!outcome) return;
    registered_ = outcome->result != core::Result::unknown_instance && outcome->result != core::Result::cancelled;
    // Somebody else's node may know of a cancel of an earlier life alone; this one goes on.
    if (outcome->result == core::Result::cancelled) ++incarnation_;
  }
  if (!registered_ && may_register_) registered_ = enroll();
}

void Tenant::join() {
  if (!wants_) ++incarnation_;
  wants_ = true;
  registered_ = false;
  act();
}

void Tenant::leave() {
  wants_ = registered_ = false;
  cancel_due_ = true;
  act();
}

void Tenant::set_payload(std::string text) {
  payload_ = std::move(text);
  registered_ = false;
  if (wants_) act();
}

}  // namespace muster::sim
