#include <catch2/catch.hpp>

#include <string>

#include "proto/peer/encode.hpp"
#include "tests/sim/cluster/fleet.hpp"
#include "tests/sim/cluster/oracles/bytes.hpp"

// Marks of leases, the holder as a scope of self-preservation, and what a cluster sends. Method: named scenarios.
namespace muster::sim {
namespace {

core::LeaseState state(Fleet& fleet, std::size_t machine, const core::Key& of) {
  return fleet.cluster.machine(machine).ask(core::ReadInstance{of})->state.lease;
}

/// Leases of several services at node 0, whose clients stop with it.
void register_many(Fleet& fleet, int count) {
  for (int i = 0; i < count; ++i) {
    core::Register command = registration(std::to_string(i));
    command.key.service = "service-" + std::to_string(i % 5);
    fleet.cluster.machine(0).ask(command);
  }
  fleet.cluster.run_for(1s);
}

std::size_t holds_of_holders(Fleet& fleet, std::size_t machine) {
  std::size_t count = 0;
  const core::Now now = fleet.cluster.machine(machine).now();
  for (const core::Hold& hold : fleet.cluster.node(machine).self_preservation(now).holds)
    count += hold.kind == core::ScopeKind::holder ? 1 : 0;
  return count;
}

}  // namespace

TEST_CASE("a late mark is at the other nodes within 300 ms and goes with the renewal") {
  Fleet fleet;
  fleet.cluster.machine(0).ask(registration("a"));
  Time late_here{0}, late_there{0};
  for (int i = 0; i < 1000 && late_there == Time{0}; ++i) {
    fleet.cluster.run_for(10ms);
    if (late_here == Time{0} && state(fleet, 0, key("a")) == core::LeaseState::late) late_here = fleet.cluster.now();
    if (state(fleet, 1, key("a")) == core::LeaseState::late) late_there = fleet.cluster.now();
  }
  REQUIRE(late_here > Time{0});
  REQUIRE(late_there > Time{0});
  CHECK(late_there - late_here <= 300ms);
  fleet.cluster.machine(0).ask(core::Renew{key("a"), std::nullopt, core::Face::native});
  fleet.cluster.run_for(300ms);
  for (std::size_t i : {0u, 1u, 2u}) CHECK(state(fleet, i, key("a")) == core::LeaseState::ok);
}

TEST_CASE("a holder that nobody hears is held when its clients do not come back, until it is heard again") {
  Fleet fleet;
  register_many(fleet, 50);
  fleet.cluster.cut_both(0, 1);
  fleet.cluster.cut_both(0, 2);
  for (int i = 0; i < 12; ++i) {  // its clients go on at its side
    fleet.cluster.run_for(5s);
    for (int k = 0; k < 50; ++k) {
      core::Key each = key(std::to_string(k));
      each.service = "service-" + std::to_string(k % 5);
      fleet.cluster.machine(0).ask(core::Renew{each, std::nullopt, core::Face::native});
    }
  }
  CHECK(fleet.cluster.node(1).registry()->size == 50);
  CHECK(fleet.cluster.node(1).gauges().held == 50);
  fleet.cluster.heal_all();
  fleet.cluster.run_for(5s);
  CHECK(fleet.cluster.node(1).gauges().held == 0);
  CHECK(holds_of_holders(fleet, 1) == 0);
  CHECK(fleet.cluster.evictions() == 0);
}

TEST_CASE("ten dead instances of a thousand whose holder died are evicted, not held") {
  Fleet fleet;
  register_many(fleet, 1000);
  fleet.cluster.machine(0).kill();
  for (int i = 0; i < 12; ++i) {
    for (int k = 0; k < 990; ++k) {
      core::Key each = key(std::to_string(k));
      each.service = "service-" + std::to_string(k % 5);
      fleet.cluster.machine(static_cast<std::size_t>(1 + k % 2)).ask(core::Renew{each, std::nullopt, {}});
    }
    fleet.cluster.run_for(5s);
  }
  for (std::size_t i : {1u, 2u}) {
    CHECK(fleet.cluster.node(i).registry()->size == 990);
    CHECK(fleet.cluster.node(i).gauges().held == 0);
  }
}

TEST_CASE("beacons are small, whatever the number of instances and of past restarts") {
  Fleet fleet;
  const auto measure = [&] {
    fleet.cluster.run_for(20s);
    const Traffic before = fleet.cluster.sent();
    fleet.cluster.run_for(20s);
    return beacon_bytes(before, fleet.cluster.sent());
  };
  const double empty = measure();
  for (int i = 0; i < 1000; ++i)
    fleet.cluster.machine(static_cast<std::size_t>(i % 3)).ask(registration(std::to_string(i), 1, 600, 3000));
  const double full = measure();
  for (int boot = 0; boot < 20; ++boot) {
    fleet.cluster.machine(2).kill();
    fleet.cluster.run_for(1s);
    fleet.cluster.machine(2).start();
    fleet.cluster.run_for(4s);
    fleet.cluster.machine(2).ask(registration("boot-" + std::to_string(boot), 1, 600, 3000));
  }
  const double restarted = measure();
  INFO(empty << ' ' << full << ' ' << restarted);
  CHECK(restarted <= 100);
  CHECK(full <= empty + 8);
  CHECK(restarted <= full + 8);
}

TEST_CASE("healing sends at most twice what has changed, for each node that lacks it") {
  Fleet fleet;
  for (int i = 0; i < 2000; ++i) fleet.cluster.machine(0).ask(registration("old" + std::to_string(i), 1, 600, 3000));
  fleet.cluster.run_for(2s);
  fleet.cluster.cut_both(0, 1);
  fleet.cluster.cut_both(0, 2);
  fleet.cluster.run_for(5s);
  peer::Changes changed;
  for (int i = 0; i < 500; ++i) {
    const core::Register command = registration("new" + std::to_string(i), 1, 600, 3000);
    const auto outcome = fleet.cluster.machine(0).ask(command);
    changed.records.push_back({command.key, outcome->state.entry->record});
  }
  fleet.cluster.run_for(1s);
  const std::uint64_t before = fleet.cluster.sent().all_bytes();
  fleet.cluster.heal_all();
  fleet.cluster.run_for(5s);
  expect_agreement(fleet.cluster);
  const std::uint64_t lacking = 2 * peer::encode(changed).size();
  CHECK(fleet.cluster.sent().all_bytes() - before <= 2 * lacking + 20'000);
}

TEST_CASE("more marks than one message holds reach the other nodes, and stay") {
  ClusterOptions options;
  options.settings.self_preservation.enabled = false;
  Fleet fleet(options);
  const std::string padding(480, 'x');
  for (int i = 0; i < 3000; ++i) fleet.cluster.machine(0).ask(registration(padding + std::to_string(i), 1, 20, 600));
  fleet.cluster.run_for(31s);
  for (int turn = 0; turn < 3; ++turn) {
    for (const std::size_t i : fleet.cluster.members()) CHECK(fleet.cluster.node(i).gauges().late == 3000);
    fleet.cluster.run_for(10s);  // they are told again
  }
}

}  // namespace muster::sim
