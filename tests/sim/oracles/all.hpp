#pragma once

#include <memory>

#include "tests/sim/random.hpp"

namespace muster::sim {

class Ledger;
class SimNode;

/// Every world runs under all oracles; a scenario adds what only it can know.
void add_all_oracles(SimNode& node, const std::shared_ptr<const Ledger>& ledger, Random random);

}  // namespace muster::sim
