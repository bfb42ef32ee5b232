#include <catch2/catch.hpp>

#include <string>

#include "tests/sim/cluster/fleet.hpp"

// Who judges a lease, when, and on what evidence.
namespace muster::sim {

TEST_CASE("short leases live on through a third node as soon as a link says nothing, before it is given up") {
  for (const int interval_s : {1, 2}) {
    Fleet fleet;
    const auto duration_s = static_cast<std::uint32_t>(interval_s) * 3;
    for (std::size_t i : {0u, 1u})
      fleet.cluster.machine(i).ask(
          registration(std::to_string(i), 1, static_cast<std::uint32_t>(interval_s), duration_s));
    for (int beat = 0; beat < 80; ++beat) {
      if (beat == 4) fleet.cluster.cut_both(0, 1);  // node 2 hears both
      for (std::size_t i : {0u, 1u})
        fleet.cluster.machine(i).ask(core::Renew{key(std::to_string(i)), std::nullopt, core::Face::native});
      fleet.cluster.run_for(500ms);
    }
    CHECK(fleet.cluster.evictions() == 0);
    CHECK(fleet.listed_by_all("0"));
    CHECK(fleet.listed_by_all("1"));
  }
}

TEST_CASE("who is cut off does not evict what it holds back either") {
  Fleet fleet;
  for (int i = 0; i < 30; ++i) fleet.tenant(std::to_string(i), 0);
  fleet.cluster.run_for(20s);
  // The network of node 0 fails: first towards its clients, then towards its peers. The clients go on at node 1.
  for (auto& tenant : fleet.tenants) tenant->die();
  fleet.cluster.run_for(25s);
  REQUIRE(fleet.cluster.node(0).gauges().held == 30);
  fleet.cut_off(0);
  for (int i = 0; i < 60; ++i) {
    for (int k = 0; k < 30; ++k)
      fleet.cluster.machine(1).ask(core::Renew{key(std::to_string(k)), std::nullopt, core::Face::native});
    fleet.cluster.run_for(5s);
  }
  CHECK(fleet.cluster.node(0).gauges().isolated);
  CHECK(fleet.cluster.node(0).registry()->size == 30);
  CHECK(fleet.cluster.node(1).registry()->size == 30);
}

TEST_CASE("what a node holds back for a silent one is let go when that is heard and renews it") {
  Fleet fleet;
  for (int i = 0; i < 30; ++i) fleet.tenant(std::to_string(i), 0);
  for (int i = 0; i < 400; ++i) {
    core::Register other = registration(std::to_string(i), 1, 600, 3000);
    other.key.service = "other";
    fleet.cluster.machine(0).ask(other);
  }
  fleet.cluster.run_for(20s);
  fleet.cut_off(0);
  fleet.cluster.run_for(40s);
  fleet.cluster.heal_all();
  fleet.cluster.run_for(20s);
  CHECK(fleet.cluster.node(1).gauges().held == 0);
  int missing = 0;
  for (int i = 0; i < 300'000; i += 10) {
    fleet.cluster.run_for(10ms);
    const auto size = fleet.cluster.node(1).registry()->size;
    missing += size < 430 ? 10 : 0;
  }
  std::size_t expired = 0;
  for (std::size_t i = 0; i < 3; ++i)
    for (const auto& [at, fact] : fleet.cluster.machine(i).facts())
      expired += fact.cause == core::Cause::hold_expired || fact.cause == core::Cause::expired ? 1 : 0;
  CHECK(missing == 0);
  CHECK(expired == 0);
}

TEST_CASE("w=2 for an unchanged registration means that a peer has it") {
  Fleet fleet;
  fleet.cluster.cut_both(0, 2);
  fleet.cluster.run_for(5s);
  fleet.cluster.machine(0).ask(registration("a", 1, 600, 3000));
  fleet.cluster.run_for(10ms);
  REQUIRE(lists(fleet.cluster.machine(1), key("a")));
  fleet.cluster.machine(0).kill();
  fleet.cluster.run_for(300ms);
  std::size_t nodes = 0;
  fleet.cluster.machine(1).ask_confirmed(registration("a", 1, 600, 3000),
                                         [&](const core::Outcome& outcome) { nodes = outcome.nodes; });
  fleet.cluster.run_for(10ms);
  CHECK((nodes != 2 || lists(fleet.cluster.machine(2), key("a"))));
  fleet.cluster.machine(1).kill();
  fleet.cluster.machine(0).start(DiskFate::lost);
  fleet.cluster.machine(1).start(DiskFate::lost);
  fleet.cluster.heal_all();
  fleet.cluster.run_for(10s);
  CHECK((nodes != 2 || fleet.listed_by_all("a")));
}

TEST_CASE("a doubled lease is doubled whoever heard the renewal") {
  ClusterOptions options;
  options.settings.lease.doubled = true;
  for (const std::size_t at : {0u, 1u}) {
    Fleet fleet(options);
    core::Register first = registration("a", 1, 5, 15);
    first.incarnation.reset();
    first.face = core::Face::eureka;
    first.dirty_ms = 1000;
    fleet.cluster.machine(0).ask(first);
    fleet.cluster.run_for(10s);
    CHECK(fleet.cluster.machine(at).ask(core::Renew{key("a"), 1000, core::Face::eureka})->result ==
          core::Result::unchanged);
    fleet.cluster.run_for(25s);
    INFO(at);
    CHECK(fleet.listed_by_all("a"));
  }
}

TEST_CASE("a renewal in time at another node, over a link of 100 ms, is no eviction") {
  for (const int ms : {3, 50, 100, 150}) {
    Fleet fleet;
    if (ms > 3)
      for (std::size_t a : {0u, 1u, 2u})
        for (std::size_t b : {0u, 1u, 2u})
          if (a != b) fleet.cluster.slow(a, b, std::chrono::milliseconds(ms));
    fleet.cluster.run_for(3s);
    fleet.cluster.machine(0).ask(registration("a"));
    fleet.cluster.run_for(14'980ms);
    REQUIRE(fleet.cluster.machine(1).ask(core::Renew{key("a"), {}, {}})->result == core::Result::unchanged);
    fleet.cluster.run_for(3s);
    INFO(ms);
    CHECK(fleet.cluster.evictions() == 0);
  }
}

TEST_CASE("who stops renewing at another node than the holder is evicted when its lease ends") {
  for (int offset = 0; offset < 100; offset += 10) {
    Fleet fleet;
    fleet.cluster.run_for(std::chrono::milliseconds(1000 + offset));
    const auto from = fleet.cluster.now();
    fleet.cluster.machine(0).ask(registration("a"));
    fleet.cluster.run_for(20s);
    Time at{0};
    for (const auto& [when, fact] : fleet.cluster.machine(0).facts())
      if (fact.cause == core::Cause::expired) at = when;
    const auto late = (at - from) / 1ms - 15'000;
    INFO(offset << " late " << late);
    CHECK(late <= 250);
  }
}

}  // namespace muster::sim
