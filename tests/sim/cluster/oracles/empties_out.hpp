#pragma once

#include "tests/sim/cluster/cluster.hpp"

namespace muster::sim {

/// After a calm time, longer than tombstones are kept: nothing waits any more, and no tombstone is left. Tombstones of
/// nodes that left for good are kept for a day, so then only queues are looked at.
void expect_empty(Cluster& cluster);

}  // namespace muster::sim
