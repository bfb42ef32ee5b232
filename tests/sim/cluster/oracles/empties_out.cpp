#include "tests/sim/cluster/oracles/empties_out.hpp"

#include <stdexcept>
#include <string>

namespace muster::sim {

void expect_empty(Cluster& cluster) {
  const bool all_here = cluster.members().size() == cluster.size();
  for (const std::size_t i : cluster.members()) {
    const core::Gauges gauges = cluster.node(i).gauges();
    const auto demand = [i](std::size_t count, const char* what) {
      if (count > 0)
        throw std::runtime_error("node " + std::to_string(i) + " still keeps " + std::to_string(count) + ' ' + what +
                                 '\n');
    };
    demand(gauges.waiting_changes, "changes that wait over gaps");
    demand(gauges.unconfirmed, "replies that wait for a peer");
    if (all_here) demand(gauges.tombstones, "tombstones");
  }
}

}  // namespace muster::sim
