#pragma once

#include "tests/sim/cluster/chronicle.hpp"

namespace muster::sim {

/// At any time: who knows of a cancel does not list what was cancelled, or an earlier life of it. Once messages get
/// through nobody does, but for cancels that a fault excuses.
void expect_no_resurrection(Cluster& cluster, const Chronicle& chronicle);

}  // namespace muster::sim
