#pragma once

#include "tests/sim/cluster/cluster.hpp"

namespace muster::sim {

/// What all nodes must agree on once messages get through. Each throws std::runtime_error with a sentence.

/// Every node knows every write.
void expect_same_knowledge(Cluster& cluster);
/// Every node keeps the same records, live and dead, with the same writes in each register. Where nodes have to forget
/// early: the same live ones, but for tombstones that they went over.
void expect_same_records(Cluster& cluster);
/// The content hashes of the registry and of each service are those of every other node.
void expect_same_hashes(Cluster& cluster);

void expect_agreement(Cluster& cluster);
bool agrees(Cluster& cluster);

/// Whether a node that answers lists the instance.
bool lists(Machine& machine, const core::Key& key);

}  // namespace muster::sim
