#include "tests/sim/oracles/all.hpp"

#include "tests/sim/ledger.hpp"
#include "tests/sim/oracles/bounds.hpp"
#include "tests/sim/oracles/content_hash.hpp"
#include "tests/sim/oracles/counts.hpp"
#include "tests/sim/oracles/delta_follower.hpp"
#include "tests/sim/oracles/exact_expiry.hpp"
#include "tests/sim/oracles/false_eviction.hpp"
#include "tests/sim/oracles/holds.hpp"
#include "tests/sim/oracles/resurrection.hpp"
#include "tests/sim/oracles/versions.hpp"
#include "tests/sim/oracles/view_follower.hpp"
#include "tests/sim/oracles/visible_status.hpp"
#include "tests/sim/sim_node.hpp"

namespace muster::sim {

void add_all_oracles(SimNode& node, const std::shared_ptr<const Ledger>& ledger, Random random) {
  node.add(std::make_shared<FalseEviction>(ledger));
  node.add(std::make_shared<ExactExpiry>(ledger));
  node.add(std::make_shared<Resurrection>(ledger));
  node.add(std::make_shared<Holds>(ledger));
  node.add(std::make_shared<VisibleStatus>());
  node.add(std::make_shared<Counts>());
  node.add(std::make_shared<Versions>());
  node.add(std::make_shared<Bounds>());
  node.add(std::make_shared<DeltaFollower>(random.fork()));
  node.add(std::make_shared<ViewFollower>(random.fork()));
  node.add(std::make_shared<ContentHashes>(random.fork()));
}

}  // namespace muster::sim
