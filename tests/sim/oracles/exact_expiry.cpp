#include "tests/sim/oracles/exact_expiry.hpp"

#include "tests/sim/sim_node.hpp"
#include "tests/sim/snapshot.hpp"

namespace muster::sim {
namespace {

/// After a stop leases are judged a little later still, so that what waited in the sockets is read first.
constexpr core::Monotonic judged_later_max = 250ms;

core::Monotonic stops_since(const SimNode& node, core::Monotonic renewed, core::Monotonic each) {
  return static_cast<std::int64_t>(node.stops_since(renewed)) * each;
}

}  // namespace

void ExactExpiry::after(SimNode& node, const Step& step) {
  // A hold may come and go between two polls: whatever is over its lease when one ends may have been in it.
  for (const core::HoldFact& fact : step.effects.holds) {
    if (fact.began) continue;
    for (const auto& [key, belief] : ledger_->beliefs())
      if (belief.live && step.running - belief.renewed + stops_since(node, belief.renewed, SimNode::wake_up_gap_max) >=
                             Ledger::lease_of(belief, node.settings()))
        held_until_[key] = step.running;
  }
  for (const core::Fact& fact : step.effects.facts) {
    if (fact.cause != core::Cause::expired || held_until_.contains(fact.key)) continue;
    const Belief& belief = *ledger_->find(fact.key);
    const core::Monotonic late = step.running - belief.touched - Ledger::lease_of(belief, node.settings());
    if (late > tolerance + stops_since(node, belief.touched, judged_later_max))
      violated(node, "exact expiry",
               to_string(fact.key) + " was evicted " + std::to_string(late.count()) + " us after its lease ended");
  }
}

void ExactExpiry::poll(SimNode& node, const Poll& poll) {
  const Snapshot& seen = poll.snapshot;
  const core::Monotonic running = node.running();
  for (const auto& [key, belief] : ledger_->beliefs()) {
    if (!belief.live) {
      held_until_.erase(key);
      continue;
    }
    const auto found = seen.find(key);
    if (found == seen.end()) continue;  // another oracle's business
    const core::LeaseState lease = found->second.lease;
    check_mark(node, key, belief, lease);
    if (lease == core::LeaseState::held) {
      held_until_[key] = running;
      continue;
    }
    core::Monotonic from = belief.touched;
    // The hold may have ended up to one poll after it was last seen.
    if (const auto held = held_until_.find(key); held != held_until_.end()) from = std::max(from, held->second + 1s);
    const core::Monotonic over = running - from - Ledger::lease_of(belief, node.settings());
    if (over > tolerance + stops_since(node, from, judged_later_max))
      violated(node, "exact expiry",
               to_string(key) + " is still listed " + std::to_string(over.count()) + " us after its lease ended");
  }
}

void ExactExpiry::check_mark(SimNode& node, const core::Key& key, const Belief& belief, core::LeaseState lease) {
  const core::Monotonic silent = node.running() - belief.renewed;
  const core::Monotonic due = core::Monotonic(std::chrono::seconds(belief.terms.interval_s)) * 3 / 2;
  const core::Monotonic allowed = tolerance + stops_since(node, belief.renewed, judged_later_max);
  if (lease == core::LeaseState::ok && belief.renewed == belief.touched && silent > due + allowed)
    violated(
        node, "exact expiry",
        to_string(key) + " is not marked late " + std::to_string((silent - due).count()) + " us after it became so");
  if (lease != core::LeaseState::ok && silent < due - stops_since(node, belief.renewed, SimNode::wake_up_gap_max))
    violated(node, "exact expiry",
             to_string(key) + " is marked though it renewed " + std::to_string(silent.count()) + " us ago");
}

}  // namespace muster::sim
