#pragma once

#include <string>

#include "tests/sim/cluster/chronicle.hpp"

namespace muster::sim {

/// Once messages get through: of a service whose instances are never cancelled and whose leases are long, every
/// registration that was acknowledged and that no fault excuses is on every node, or a later one of the same key is.
void expect_acknowledged_present(Cluster& cluster, const Chronicle& chronicle, const std::string& service);

/// A write that was confirmed by a peer is known to another machine than the one that took it.
void expect_confirmed(Cluster& cluster, const Chronicle& chronicle, std::size_t machine, const core::Outcome& outcome);

}  // namespace muster::sim
