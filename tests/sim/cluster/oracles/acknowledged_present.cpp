#include "tests/sim/cluster/oracles/acknowledged_present.hpp"

#include <stdexcept>

namespace muster::sim {

void expect_acknowledged_present(Cluster& cluster, const Chronicle& chronicle, const std::string& service) {
  for (const Chronicle::Write& write : chronicle.writes()) {
    if (write.excused || write.removal || write.key.service != service) continue;
    for (const std::size_t i : cluster.members()) {
      const auto found = cluster.machine(i).ask(core::ReadInstance{write.key});
      const bool there = found && found->state.entry;
      const model::Version version{write.clock, write.origin};
      if (there && found->state.entry->record.registration->version >= version) continue;
      throw std::runtime_error("node " + std::to_string(i) + (there ? " has an older copy of " : " lacks ") +
                               write.key.service + '/' + write.key.id + ", which was acknowledged by node " +
                               std::to_string(write.origin.node - 1) + '\n');
    }
  }
}

void expect_confirmed(Cluster& cluster, const Chronicle& chronicle, std::size_t machine, const core::Outcome& outcome) {
  if (outcome.nodes < 2 || !outcome.state.entry) return;
  Chronicle::Write write;
  write.origin = outcome.state.entry->record.registration->version.origin;
  write.clock = outcome.state.entry->record.registration->version.clock;
  for (const std::size_t i : cluster.members())
    if (i != machine && chronicle.knows(i, write)) return;
  throw std::runtime_error("node " + std::to_string(machine) + " says that a peer has what no peer has\n");
}

}  // namespace muster::sim
