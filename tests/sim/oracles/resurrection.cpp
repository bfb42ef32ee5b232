#include "tests/sim/oracles/resurrection.hpp"

#include "tests/sim/sim_node.hpp"
#include "tests/sim/snapshot.hpp"

namespace muster::sim {
namespace {

constexpr std::string_view name = "resurrection";

}  // namespace

void Resurrection::poll(SimNode& node, const Poll& poll) {
  const Snapshot& seen = poll.snapshot;
  for (const auto& [key, instance] : seen) {
    const Belief* belief = ledger_->find(key);
    if (belief == nullptr) violated(node, name, to_string(key) + " is listed and was never registered");
    if (!belief->live) violated(node, name, to_string(key) + " is listed after it left");
    const core::Registration& registration = *instance.entry->record.registration;
    if (registration.incarnation <= belief->fenced)
      violated(node, name,
               to_string(key) + " is listed with incarnation " + std::to_string(registration.incarnation) + "; up to " +
                   std::to_string(belief->fenced) + " was cancelled");
    if (*registration.payload != *belief->payload)
      violated(node, name, to_string(key) + " is listed with another payload than was registered last");
  }
  for (const auto& [key, belief] : ledger_->beliefs())
    if (belief.live && !seen.contains(key)) violated(node, name, to_string(key) + " lives and is not listed");
}

}  // namespace muster::sim
