#include "tests/sim/oracles/false_eviction.hpp"

#include "tests/sim/sim_node.hpp"

namespace muster::sim {

void FalseEviction::after(SimNode& node, const Step& step) {
  for (const core::Fact& fact : step.effects.facts) {
    if (!is_eviction(fact.cause)) continue;
    const Belief& belief = *ledger_->find(fact.key);
    const core::Monotonic lease = Ledger::lease_of(belief, node.settings());
    const auto stops = static_cast<std::int64_t>(node.stops_since(belief.renewed));
    const core::Monotonic tolerated = stops * SimNode::wake_up_gap_max;
    if (step.running - belief.renewed < lease - tolerated)
      violated(node, "false eviction",
               to_string(fact.key) + " renewed " + std::to_string((step.running - belief.renewed).count()) +
                   " us ago and has a lease of " + std::to_string(lease.count()) + " us");
    if (node.renewal_waits(fact.key))
      violated(node, "false eviction", to_string(fact.key) + " was evicted while its renewal waited in a socket");
  }
}

}  // namespace muster::sim
