#include "tests/sim/cluster/oracles/no_resurrection.hpp"

#include <algorithm>
#include <map>
#include <stdexcept>
#include <string>

namespace muster::sim {

void expect_no_resurrection(Cluster& cluster, const Chronicle& chronicle) {
  for (const std::size_t i : cluster.members()) {
    Machine& machine = cluster.machine(i);
    if (!machine.ready()) continue;
    std::map<core::Key, core::Incarnation> ended;
    for (const Chronicle::Write& write : chronicle.writes())
      if (write.removal && chronicle.knows(i, write)) ended[write.key] = std::max(ended[write.key], write.life);
    for (const core::SegmentPtr& segment : machine.node().registry()->segments)
      for (const core::EntryPtr& entry : segment->entries) {
        const auto place = ended.find({*entry->service, entry->id});
        if (place == ended.end() || entry->record.registration->incarnation > place->second) continue;
        throw std::runtime_error("node " + std::to_string(i) + " lists " + entry->id + " in its life " +
                                 std::to_string(entry->record.registration->incarnation) +
                                 ", which it knows was cancelled\n");
      }
  }
}

}  // namespace muster::sim
