#include <catch2/catch.hpp>

#include <set>
#include <string>
#include <vector>

#include "tests/sim/cluster/fleet.hpp"
#include "tests/sim/cluster/oracles/delta_reader.hpp"

// How a cluster starts, and a node into it: with and without snapshots, alone and together. Method: named scenarios.
namespace muster::sim {
namespace {

ClusterOptions saving() {
  ClusterOptions options;
  options.snapshot_period = 15s;
  return options;
}

core::NodeState state(Fleet& fleet, std::size_t index) {
  return fleet.cluster.node(index).state();
}

void kill_all(Fleet& fleet) {
  for (const std::size_t i : fleet.cluster.members()) fleet.cluster.machine(i).kill();
}

void start_all(Fleet& fleet, DiskFate fate) {
  for (const std::size_t i : fleet.cluster.members()) fleet.cluster.machine(i).start(fate);
}

bool all_ready(Fleet& fleet) {
  for (const std::size_t i : fleet.cluster.members())
    if (!fleet.cluster.machine(i).ready()) return false;
  return true;
}

core::Result renew(Fleet& fleet, std::size_t machine, const std::string& id) {
  return fleet.cluster.machine(machine).ask(core::Renew{key(id), std::nullopt, core::Face::native})->result;
}

}  // namespace

TEST_CASE("three new nodes that start at once are ready soon, and take writes before that") {
  Fleet fleet;
  kill_all(fleet);
  fleet.cluster.run_for(5s);
  start_all(fleet, DiskFate::fresh);
  CHECK_FALSE(all_ready(fleet));
  CHECK(renew(fleet, 0, "a") == core::Result::not_ready);
  CHECK(fleet.cluster.machine(0).ask(registration("a"))->result == core::Result::created);
  CHECK(renew(fleet, 0, "a") == core::Result::unchanged);
  for (int i = 0; i < 100 && !all_ready(fleet); ++i) {
    for (const std::size_t k : fleet.cluster.members())
      if (!fleet.cluster.machine(k).ready()) CHECK(renew(fleet, k, "unknown") == core::Result::not_ready);
    fleet.cluster.run_for(10ms);
  }
  CHECK(all_ready(fleet));
  fleet.cluster.run_for(100ms);
  CHECK(fleet.listed_by_all("a"));
  CHECK(renew(fleet, 1, "unknown") == core::Result::unknown_instance);
}

TEST_CASE("three nodes that lost their snapshots give their clients an interval to show up") {
  Fleet fleet(saving());
  for (int i = 0; i < 9; ++i) fleet.tenant(std::to_string(i), static_cast<std::size_t>(i % 3));
  fleet.cluster.run_for(60s);
  kill_all(fleet);
  fleet.cluster.run_for(1s);
  start_all(fleet, DiskFate::lost);
  fleet.cluster.run_for(4s);
  for (const std::size_t i : fleet.cluster.members()) CHECK(state(fleet, i) == core::NodeState::warming);
  CHECK(renew(fleet, 0, "9") == core::Result::unknown_instance);  // so that its client comes back
  fleet.cluster.run_for(31s);
  CHECK(all_ready(fleet));
  fleet.cluster.run_for(10s);
  for (int i = 0; i < 9; ++i) CHECK(fleet.listed_by_all(std::to_string(i)));
}

TEST_CASE("three nodes that start at once from snapshots list all that had been there") {
  Fleet fleet(saving());
  for (int i = 0; i < 9; ++i) fleet.tenant(std::to_string(i), static_cast<std::size_t>(i % 3));
  fleet.cluster.machine(0).ask(core::SetOverride{key("1"), model::Status::out_of_service, "deploy", "", {}, {}, {}});
  fleet.cluster.run_for(60s);
  for (DiskFate fate : {DiskFate::newest, DiskFate::torn, DiskFate::stale}) {
    const core::ContentHash before = fleet.cluster.node(0).registry()->hash;
    kill_all(fleet);
    fleet.cluster.run_for(1s);
    start_all(fleet, fate);
    fleet.cluster.run_for(1s);
    CHECK(all_ready(fleet));
    for (const std::size_t i : fleet.cluster.members()) CHECK(fleet.cluster.node(i).registry()->hash == before);
    fleet.cluster.run_for(60s);
    expect_agreement(fleet.cluster);
    CHECK(fleet.cluster.evictions() == 0);
  }
}

TEST_CASE("a node whose peers are dead is ready after three seconds, with its snapshot") {
  Fleet fleet(saving());
  for (int i = 0; i < 9; ++i) fleet.tenant(std::to_string(i), static_cast<std::size_t>(i % 3));
  fleet.cluster.run_for(60s);
  kill_all(fleet);
  fleet.cluster.run_for(1s);
  fleet.cluster.machine(1).start();
  fleet.cluster.run_for(2900ms);
  CHECK(state(fleet, 1) == core::NodeState::cold);
  fleet.cluster.run_for(300ms);
  CHECK(state(fleet, 1) == core::NodeState::ready);
  CHECK(fleet.cluster.node(1).registry()->size == 9);
  fleet.cluster.run_for(120s);
  CHECK(fleet.cluster.node(1).registry()->size == 9);
  CHECK(fleet.cluster.evictions() == 0);
}

TEST_CASE("a node that has served and finds nothing waits an interval, unless a peer knows better") {
  Fleet fleet(saving());
  fleet.cluster.run_for(30s);
  kill_all(fleet);
  fleet.cluster.machine(0).start(DiskFate::lost);
  fleet.cluster.run_for(4s);
  CHECK(state(fleet, 0) == core::NodeState::warming);
  fleet.cluster.run_for(28s);
  CHECK(state(fleet, 0) == core::NodeState::warming);
  fleet.cluster.run_for(3s);
  CHECK(state(fleet, 0) == core::NodeState::ready);
  fleet.cluster.machine(0).ask(registration("a", 1, 60, 300));
  fleet.cluster.machine(1).start(DiskFate::lost);
  fleet.cluster.run_for(1s);
  CHECK(state(fleet, 1) == core::NodeState::ready);
  CHECK(lists(fleet.cluster.machine(1), key("a")));
}

TEST_CASE("a node whose clock was set back while it was down writes what wins") {
  Fleet fleet(saving());
  fleet.cluster.machine(0).ask(registration("a", 1, 60, 300));
  fleet.cluster.run_for(1s);
  fleet.cluster.machine(0).kill();
  fleet.cluster.machine(0).clock().step_wall(-1h);
  fleet.cluster.machine(0).start(DiskFate::lost);
  REQUIRE(state(fleet, 0) != core::NodeState::ready);
  core::Register newer = registration("a", 1, 60, 300);
  newer.reported = model::Status::starting;
  fleet.cluster.machine(0).ask(newer);
  fleet.cluster.run_for(5s);
  expect_agreement(fleet.cluster);
  const auto outcome = fleet.cluster.machine(1).ask(core::ReadInstance{key("a")});
  CHECK(outcome->state.entry->record.registration->reported == model::Status::starting);
}

TEST_CASE("a reader of deltas sees an instance that was replaced just before a warm restart") {
  for (bool saved : {true, false}) {
    Fleet fleet;
    for (const char* id : {"a", "b", "c"}) fleet.cluster.machine(0).ask(registration(id, 1, 60, 300));
    fleet.cluster.run_for(1s);
    DeltaReader reader;
    reader.poll(fleet.cluster.machine(1));
    if (!saved) fleet.cluster.machine(1).save();
    fleet.cluster.machine(0).ask(cancel("b"));
    fleet.cluster.machine(0).ask(registration("d", 1, 60, 300));
    fleet.cluster.run_for(20ms);
    if (saved) fleet.cluster.machine(1).save();
    fleet.cluster.machine(1).kill();
    fleet.cluster.machine(1).start();
    for (int i = 0; i < 10; ++i) {
      fleet.cluster.run_for(100ms);
      reader.poll(fleet.cluster.machine(1));  // it throws when it believes in something else than the full view
    }
    CHECK(reader.polls() >= 8);
    CHECK(reader.ids() == std::set<std::string>{"a", "c", "d"});
  }
}

TEST_CASE("a node joins over a way on which an answer takes longer than the patience of a pull") {
  ClusterOptions options;
  options.machines = 2;
  Fleet fleet(options);
  for (int i = 0; i < 9000; ++i) fleet.cluster.machine(0).ask(registration(std::to_string(i), 1, 600, 3000));
  fleet.cluster.run_for(1s);
  fleet.cluster.slow(0, 1, 7s);
  fleet.cluster.machine(1).kill();
  fleet.cluster.machine(1).start(DiskFate::lost);
  fleet.cluster.run_for(120s);
  CHECK(fleet.cluster.machine(1).ready());
  CHECK(fleet.cluster.node(1).registry()->size == 9000);
}

TEST_CASE("a rolling restart under load loses nothing, evicts nobody and shrinks no list") {
  for (DiskFate fate : {DiskFate::newest, DiskFate::lost}) {
    Fleet fleet(saving());
    for (int i = 0; i < 60; ++i) fleet.tenant(std::to_string(i), static_cast<std::size_t>(i % 3));
    fleet.cluster.run_for(40s);
    int added = 60;
    for (std::size_t restarted : {0u, 1u, 2u}) {
      fleet.cluster.machine(restarted).kill();
      for (int tick = 0; tick < 300; ++tick) {
        fleet.cluster.run_for(100ms);
        if (tick == 20) fleet.cluster.machine(restarted).start(fate);
        if (tick % 50 == 0) {
          fleet.tenant(std::to_string(added), static_cast<std::size_t>(added % 3));
          ++added;
        }
        for (const std::size_t i : fleet.cluster.members())
          if (fleet.cluster.machine(i).ready())
            REQUIRE(fleet.cluster.node(i).registry()->size + 1 >= static_cast<std::size_t>(added));
      }
    }
    CHECK(fleet.cluster.evictions() == 0);
    for (int i = 0; i < added; ++i) CHECK(fleet.listed_by_all(std::to_string(i)));
    expect_agreement(fleet.cluster);
  }
}

}  // namespace muster::sim
