#include <catch2/catch.hpp>

#include "tests/sim/cluster/random_cluster.hpp"
#include "tests/sim/seeds.hpp"

// Goal: no mix of faults makes nodes lose, revive or wrongly evict anything, and they agree when faults stop. Method:
// whole clusters dealt from seeds, under all oracles.
namespace muster::sim {

TEST_CASE("random clusters agree when faults stop") {
  std::size_t deaths = 0, writes = 0, excused = 0;
  const std::uint64_t runs = for_seeds(100, [&](std::uint64_t seed) {
    RandomCluster cluster(seed);
    cluster.run();
    deaths += cluster.deaths();
    writes += cluster.writes();
    excused += cluster.excused();
  });
  WARN(runs << " clusters: " << deaths << " crashes, " << writes << " writes acknowledged, " << excused
            << " of them lost with the last that knew");
}

}  // namespace muster::sim
