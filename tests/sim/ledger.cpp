#include "tests/sim/ledger.hpp"

#include <algorithm>

#include "tests/sim/sim_node.hpp"

namespace muster::sim {
namespace {

constexpr std::string_view name = "ledger";

bool renews(core::Result result) {
  switch (result) {
    case core::Result::ok:
    case core::Result::created:
    case core::Result::unchanged:
    case core::Result::client_is_newer:
    case core::Result::client_is_older:
      return true;
    case core::Result::ignored_as_late:
    case core::Result::unknown_instance:
    case core::Result::unknown_status:
    case core::Result::cancelled:
    case core::Result::limit_reached:
    case core::Result::unknown_hold:
    case core::Result::not_ready:
      return false;
  }
  return false;
}

/// The key of commands that renew when they succeed; null for others.
const core::Key* renewing_key(const core::Command& command) {
  if (const auto* renew = std::get_if<core::Renew>(&command)) return &renew->key;
  if (const auto* status = std::get_if<core::SetStatus>(&command)) return &status->key;
  const auto eureka = [](const auto* c) { return c != nullptr && c->face == core::Face::eureka ? &c->key : nullptr; };
  if (const core::Key* key = eureka(std::get_if<core::SetOverride>(&command))) return key;
  if (const core::Key* key = eureka(std::get_if<core::ClearOverride>(&command))) return key;
  return eureka(std::get_if<core::PatchMetadata>(&command));
}

}  // namespace

bool is_eviction(core::Cause cause) {
  return cause == core::Cause::expired || cause == core::Cause::hold_expired || cause == core::Cause::hold_released;
}

core::Monotonic Ledger::lease_of(const Belief& belief, const core::Settings& settings) {
  const std::chrono::seconds once{belief.terms.duration_s};
  return settings.lease.doubled && belief.renewed_once ? 2 * once : once;
}

const Belief* Ledger::find(const core::Key& key) const {
  const auto found = beliefs_.find(key);
  return found == beliefs_.end() ? nullptr : &found->second;
}

std::size_t Ledger::evictions(core::Cause cause) const {
  return static_cast<std::size_t>(
      std::count_if(evicted_.begin(), evicted_.end(), [cause](const Eviction& item) { return item.cause == cause; }));
}

std::size_t Ledger::evictions() const {
  return evicted_.size();
}

void Ledger::after(SimNode& node, const Step& step) {
  // What a step evicts it evicts before it carries out its request.
  for (const core::Fact& fact : step.effects.facts)
    if (is_eviction(fact.cause)) on_fact(node, step, fact);
  if (const auto* request = std::get_if<core::Request>(&step.event))
    on_reply(node, step, request->command, step.effects.replies.front().outcome);
  for (const core::Fact& fact : step.effects.facts)
    if (!is_eviction(fact.cause)) on_fact(node, step, fact);
  for (const core::HoldFact& fact : step.effects.holds) ++(fact.began ? holds_begun_ : holds_ended_);
}

void Ledger::on_reply(SimNode& node, const Step& step, const core::Command& command, const core::Outcome& outcome) {
  if (const auto* registration = std::get_if<core::Register>(&command)) {
    on_register(node, step, *registration, outcome);
  } else if (const auto* cancel = std::get_if<core::Cancel>(&command)) {
    if (outcome.result != core::Result::ok) return;
    Belief& belief = beliefs_[cancel->key];
    if (!belief.live) violated(node, name, "cancelled " + to_string(cancel->key) + ", which was not there");
    belief.live = false;
    belief.left = step.running;
    belief.left_by = core::Cause::cancelled;
    belief.fenced = std::max(belief.fenced, belief.heard);
  } else if (const auto* many = std::get_if<core::RenewMany>(&command)) {
    if (outcome.items.size() != many->keys.size()) violated(node, name, "a batch has a result for each of its keys");
    for (std::size_t i = 0; i < many->keys.size(); ++i)
      if (renews(outcome.items[i])) renewed(many->keys[i], step);
  } else if (const core::Key* key = renewing_key(command)) {
    if (!renews(outcome.result)) return;
    if (const Belief* belief = find(*key); belief == nullptr || !belief->live)
      violated(node, name, "renewed " + to_string(*key) + ", which was not there");
    renewed(*key, step);
    if (std::holds_alternative<core::PatchMetadata>(command)) beliefs_[*key].renewed_once = false;
  }
}

void Ledger::on_register(SimNode& node, const Step& step, const core::Register& command, const core::Outcome& outcome) {
  Belief& belief = beliefs_[command.key];
  if (outcome.result == core::Result::ignored_as_late) belief.touched = step.running;
  if (!renews(outcome.result)) return;
  const bool created = outcome.result == core::Result::created;
  if (created == belief.live)
    violated(node, name,
             to_string(command.key) + " was answered '" + std::string(describe(outcome.result)) + "' but " +
                 (belief.live ? "was" : "was not") + " there");
  if (outcome.state.entry == nullptr) violated(node, name, "an accepted registration is answered with its entry");
  const core::Registration& kept = *outcome.state.entry->record.registration;
  belief.live = true;
  belief.payload = command.payload;
  belief.heard = std::max(created ? 0 : belief.heard, kept.incarnation);
  belief.heard = std::max(belief.heard, command.incarnation.value_or(0));
  if (command.dirty_ms)
    belief.heard = std::max(belief.heard, static_cast<core::Incarnation>(std::max<std::int64_t>(*command.dirty_ms, 0)));
  belief.terms = kept.lease;
  belief.renewed_once = false;
  belief.renewed = belief.touched = step.running;
  model::PayloadView view;
  model::unpack(*command.payload, view);
  belief.zone = std::string(model::effective_zone(view));
  belief.address = std::string(view.address);
}

void Ledger::renewed(const core::Key& key, const Step& step) {
  Belief& belief = beliefs_[key];
  belief.renewed = belief.touched = step.running;
  belief.renewed_once = true;
}

void Ledger::on_fact(SimNode& node, const Step& step, const core::Fact& fact) {
  if (!is_eviction(fact.cause)) return;
  Belief& belief = beliefs_[fact.key];
  if (!belief.live) violated(node, name, "evicted " + to_string(fact.key) + ", which was not there");
  belief.live = false;
  belief.left = step.running;
  belief.left_by = fact.cause;
  evicted_.push_back(Eviction{fact.key, fact.cause, step.running});
}

}  // namespace muster::sim
