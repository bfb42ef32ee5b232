#include <catch2/catch.hpp>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "tests/sim/cluster/fleet.hpp"
#include "tests/sim/cluster/oracles/same_everywhere.hpp"

// Several nodes that write to each other: named scenarios. The random ones are in random_cluster_test.cpp.
namespace muster::sim {
TEST_CASE("a write at one node is at all others within a few milliseconds") {
  Fleet fleet;
  for (std::size_t i = 0; i < 3; ++i) {
    const std::string id = std::to_string(i);
    REQUIRE(fleet.cluster.machine(i).ask(registration(id))->result == core::Result::created);
    fleet.cluster.run_for(5ms);
    CHECK(fleet.listed_by_all(id));
  }
  fleet.cluster.machine(0).ask(core::SetStatus{key("1"), model::Status::down, std::nullopt});
  fleet.cluster.machine(1).ask(core::PatchMetadata{key("1"), {{"a", "b"}}, core::Face::native});
  fleet.cluster.machine(2).ask(core::SetOverride{key("1"), model::Status::out_of_service, "deploy", "", {}, {}, {}});
  fleet.cluster.machine(2).ask(cancel("0"));
  fleet.cluster.run_for(5ms);
  CHECK(fleet.listed_by_none("0"));
  expect_agreement(fleet.cluster);
}

TEST_CASE("heartbeats cost the other nodes nothing") {
  Fleet fleet;
  for (int i = 0; i < 50; ++i) fleet.tenant(std::to_string(i), static_cast<std::size_t>(i % 3));
  fleet.cluster.run_for(10s);
  const Traffic before = fleet.cluster.sent();
  fleet.cluster.run_for(60s);
  const Traffic& after = fleet.cluster.sent();
  CHECK(after.messages_of<peer::Changes>() == before.messages_of<peer::Changes>());
  CHECK(after.messages_of<peer::Renewals>() == before.messages_of<peer::Renewals>());
  CHECK(after.messages_of<peer::Beacon>() - before.messages_of<peer::Beacon>() == 3 * 2 * 2 * 60);
  // Marks and the roots of digest trees, each once in ten seconds and without anything in them.
  CHECK(after.all_messages() - before.all_messages() - 3 * 2 * 2 * 60 <= 3 * 2 * 7 * 2);
  CHECK(fleet.cluster.evictions() == 0);
}

TEST_CASE("both sides of a cut take writes and agree after it") {
  Fleet fleet;
  for (int i = 0; i < 10; ++i) fleet.cluster.machine(0).ask(registration("old" + std::to_string(i), 1, 60, 300));
  fleet.cluster.run_for(1s);
  fleet.cluster.cut_both(0, 1);
  fleet.cluster.cut_both(0, 2);
  fleet.cluster.run_for(10s);
  for (int i = 0; i < 300; ++i) {
    fleet.cluster.machine(0).ask(registration("left" + std::to_string(i), 1, 60, 300));
    fleet.cluster.machine(1 + static_cast<std::size_t>(i % 2))
        .ask(registration("right" + std::to_string(i), 1, 60, 300));
  }
  fleet.cluster.machine(0).ask(core::SetOverride{key("old1"), model::Status::out_of_service, "left", "", {}, {}, {}});
  fleet.cluster.machine(1).ask(core::SetStatus{key("old1"), model::Status::down, std::nullopt});
  fleet.cluster.machine(2).ask(cancel("old2"));
  fleet.cluster.run_for(5s);
  CHECK_FALSE(agrees(fleet.cluster));
  fleet.cluster.heal_all();
  fleet.cluster.run_for(2s);
  expect_agreement(fleet.cluster);
  CHECK(fleet.cluster.node(0).registry()->size == 609);
  CHECK(fleet.listed_by_none("old2"));
}

TEST_CASE("what A and C write reaches the other although the two are cut from each other") {
  Fleet fleet;
  fleet.cluster.cut_both(0, 2);
  fleet.cluster.run_for(5s);
  Tenant& first = fleet.tenant("first", 0);
  fleet.cluster.run_for(2s);
  CHECK(fleet.listed_by_all("first"));
  expect_agreement(fleet.cluster);
  first.leave();
  fleet.cluster.run_for(2s);
  CHECK(fleet.listed_by_none("first"));
}

TEST_CASE("a node that starts with nothing gets everything, tombstones too") {
  Fleet fleet;
  for (int i = 0; i < 1000; ++i) fleet.cluster.machine(0).ask(registration(std::to_string(i), 1, 60, 300));
  fleet.cluster.run_for(1s);
  for (int i = 0; i < 100; ++i)
    fleet.cluster.machine(1).ask(core::Cancel{key(std::to_string(i)), std::nullopt, core::Face::native});
  fleet.cluster.run_for(1s);
  fleet.cluster.machine(2).kill();
  fleet.cluster.run_for(1s);
  fleet.cluster.machine(2).start();
  fleet.cluster.run_for(1s);
  CHECK(fleet.cluster.node(2).registry()->size == 900);
  expect_agreement(fleet.cluster);
}

TEST_CASE("when a node dies, who renews at another one stays and who does not leaves") {
  Fleet fleet;
  for (int i = 0; i < 30; ++i) fleet.tenant(std::to_string(i), 0);
  Tenant& dies = fleet.tenant("dies", 0);
  fleet.cluster.run_for(20s);
  dies.die();
  fleet.cluster.machine(0).kill();
  fleet.cluster.run_for(120s);
  fleet.cluster.machine(0).start();
  fleet.cluster.run_for(2s);
  for (int i = 0; i < 30; ++i) CHECK(fleet.listed_by_all(std::to_string(i)));
  CHECK(fleet.listed_by_none("dies"));
  expect_agreement(fleet.cluster);
  CHECK(fleet.cluster.evictions() <= 2);  // both survivors may judge the one that died
}

TEST_CASE("a node that nobody reaches evicts nothing") {
  Fleet fleet;
  for (int i = 0; i < 10; ++i) fleet.tenant(std::to_string(i), static_cast<std::size_t>(i % 3));
  fleet.cluster.run_for(20s);
  fleet.cluster.cut_both(0, 1);
  fleet.cluster.cut_both(0, 2);
  for (auto& tenant : fleet.tenants)
    if (tenant->home() == 0) tenant->move(1);
  fleet.cluster.run_for(300s);
  CHECK(fleet.cluster.node(0).registry()->size == 10);
  fleet.cluster.heal_all();
  fleet.cluster.run_for(30s);
  expect_agreement(fleet.cluster);
  CHECK(fleet.cluster.node(0).registry()->size == 10);
  CHECK(fleet.cluster.evictions() == 0);
}

TEST_CASE("renewals through a balancer keep a lease that another node holds") {
  Fleet fleet;
  fleet.cluster.machine(0).ask(registration("a"));
  for (int turn = 0; turn < 60; ++turn) {
    fleet.cluster.run_for(5s);
    const auto outcome = fleet.cluster.machine(static_cast<std::size_t>(turn % 3)).ask(core::Renew{key("a"), {}, {}});
    CHECK(outcome->result == core::Result::unchanged);
  }
  CHECK(fleet.cluster.evictions() == 0);
  CHECK(fleet.cluster.node(0).snapshot().state.live->segments.front()->entries.front()->record.holder.node.node == 1);
}

TEST_CASE("a registration that waited in a frozen node does not undo the cancel at another one") {
  Fleet fleet;
  fleet.cluster.machine(0).ask(registration("a"));
  fleet.cluster.run_for(1s);
  fleet.cluster.machine(1).pause();
  core::Register late = registration("a");
  late.reported = model::Status::starting;  // not equal: it is a write of its own
  fleet.cluster.machine(1).ask(late);
  fleet.cluster.machine(0).ask(cancel("a"));
  fleet.cluster.run_for(60s);
  CHECK_FALSE(lists(fleet.cluster.machine(0), key("a")));
  fleet.cluster.machine(1).resume();
  fleet.cluster.run_for(2s);
  CHECK(fleet.listed_by_none("a"));
  expect_agreement(fleet.cluster);
}

TEST_CASE("what was deleted and forgotten does not come back with a node that had been away") {
  ClusterOptions options;
  options.settings.limits.tombstones = 1;  // the others have to forget it while one is away
  Fleet fleet(options);
  for (int i = 0; i < 5; ++i) fleet.cluster.machine(0).ask(registration(std::to_string(i), 1, 600, 3000));
  fleet.cluster.run_for(1s);
  fleet.cluster.cut_both(2, 0);
  fleet.cluster.cut_both(2, 1);
  fleet.cluster.run_for(5s);
  for (int i = 0; i < 4; ++i)
    fleet.cluster.machine(1).ask(core::Cancel{key(std::to_string(i)), std::nullopt, core::Face::native});
  fleet.cluster.machine(2).ask(registration("new", 1, 600, 3000));
  fleet.cluster.run_for(60s);
  CHECK(fleet.cluster.node(2).registry()->size == 6);
  fleet.cluster.heal_all();
  fleet.cluster.run_for(5s);
  CHECK(fleet.cluster.node(2).registry()->size == 2);
  expect_same_hashes(fleet.cluster);
  CHECK(fleet.listed_by_all("new"));
}

TEST_CASE("a hundred restarts of a node leave the cluster as it was") {
  Fleet fleet;
  for (int i = 0; i < 12; ++i) fleet.tenant(std::to_string(i), static_cast<std::size_t>(i % 3));
  fleet.cluster.run_for(10s);
  for (int boot = 0; boot < 100; ++boot) {
    fleet.cluster.machine(2).kill();
    fleet.cluster.run_for(1s);
    fleet.cluster.machine(2).start();
    fleet.cluster.run_for(4s);
  }
  fleet.cluster.run_for(30s);
  CHECK(fleet.cluster.node(2).registry()->size == 12);
  expect_agreement(fleet.cluster);
}

}  // namespace muster::sim
