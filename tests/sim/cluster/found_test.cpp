#include <catch2/catch.hpp>

#include <string>

#include "tests/sim/cluster/fleet.hpp"

// What seeds of random clusters found, as scenarios of their own.
namespace muster::sim {

TEST_CASE("who was cut off does not judge before it has heard what renewed meanwhile") {
  ClusterOptions options;
  options.machines = 4;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    options.seed = seed;
    Fleet fleet(options);
    Tenant& tenant = fleet.tenant("a", 2);
    fleet.cluster.run_for(10s);
    fleet.cut_off(2);
    fleet.cluster.run_for(2s);
    tenant.move(1);
    fleet.cluster.run_for(60s + fleet.cluster.random().below(1000) * 1ms);
    fleet.cluster.heal_all();
    fleet.cluster.run_for(20s);
    CHECK(fleet.cluster.evictions() == 0);
    CHECK(fleet.listed_by_all("a"));
  }
}

TEST_CASE("a write of a clock that is ahead takes a lease but not the life of its instance") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    ClusterOptions options;
    options.seed = seed;
    Fleet fleet(options);
    fleet.cluster.machine(2).clock().step_wall(1h);
    Tenant& tenant = fleet.tenant("a", 0);
    fleet.cluster.run_for(10s);
    fleet.cut_off(2);
    fleet.cluster.run_for(1s);
    tenant.move(2);
    tenant.set_payload("two");  // its version is an hour ahead
    tenant.move(0);
    fleet.cluster.run_for(1s);
    tenant.set_payload("three");
    fleet.cluster.run_for(20s + fleet.cluster.random().below(1000) * 1ms);
    fleet.cluster.heal_all();
    fleet.cluster.run_for(20s);
    CHECK(fleet.cluster.evictions() == 0);
    CHECK(fleet.listed_by_all("a"));
  }
}

TEST_CASE("a cancel is remembered until peers know of it that this boot has not met yet") {
  ClusterOptions options;
  options.settings.tombstone_retention = 10s;
  Fleet fleet(options);
  fleet.cluster.machine(1).ask(registration("a", 1, 600, 3000));
  fleet.cluster.run_for(1s);
  fleet.cluster.machine(0).save();
  for (std::size_t i : {1u, 2u}) {
    // Another write of the same life, which the first node never hears of.
    fleet.cut_off(0);
    core::Register again = registration("a", 1, 600, 3000);
    again.reported = i == 1 ? model::Status::starting : model::Status::up;
    fleet.cluster.machine(i).ask(again);
  }
  fleet.cluster.machine(0).kill();
  fleet.cluster.run_for(5s);
  fleet.cluster.machine(0).start();
  fleet.cluster.machine(0).ask(cancel("a"));
  fleet.cluster.run_for(120s);
  fleet.cluster.heal_all();
  fleet.cluster.run_for(5s);
  CHECK(fleet.listed_by_none("a"));
}

TEST_CASE("what came over a gap is not kept for ever when its origin died") {
  Fleet fleet;
  WireOptions wire;
  wire.loss_permille = 1000;
  fleet.cluster.set_wire(wire);
  fleet.cluster.machine(0).ask(registration("lost", 1, 600, 3000));
  fleet.cluster.run_for(10ms);
  fleet.cluster.set_wire({});
  fleet.cluster.machine(0).ask(registration("next", 1, 600, 3000));
  fleet.cluster.cut(1, 0);  // nobody gets to ask for the first one
  fleet.cluster.cut(2, 0);
  fleet.cluster.run_for(10ms);
  fleet.cluster.machine(0).kill();
  fleet.cluster.run_for(1s);
  CHECK(fleet.cluster.node(1).gauges().waiting_changes == 1);
  fleet.cluster.run_for(60s);
  CHECK(fleet.cluster.node(1).gauges().waiting_changes == 0);
}

TEST_CASE("a new life at a node whose clock is behind outlives the cancel of the old one") {
  const bool one_by_one = GENERATE(true, false);
  Fleet fleet;
  fleet.cluster.machine(0).clock().step_wall(-60s);
  fleet.cut_off(0);
  fleet.cluster.run_for(5s);
  if (one_by_one) fleet.cluster.heal_all(), fleet.cluster.run_for(2s);
  fleet.cluster.machine(1).ask(registration("a", 10, 600, 3000));
  fleet.cluster.machine(1).ask(cancel("a"));
  CHECK(fleet.cluster.machine(0).ask(registration("a", 20, 600, 3000))->result == core::Result::created);
  fleet.cluster.run_for(3s);
  fleet.cluster.heal_all();
  fleet.cluster.run_for(5s);
  CHECK(fleet.listed_by_all("a"));
  for (const std::size_t i : fleet.cluster.members()) {
    const core::EntryPtr entry = fleet.cluster.machine(i).ask(core::ReadInstance{key("a")})->state.entry;
    REQUIRE(entry);
    CHECK(entry->record.registration->incarnation == 20);
  }
}

TEST_CASE("who renewed at a node that was cut off is not evicted when that restarts before it is linked again") {
  Fleet fleet;
  Tenant& tenant = fleet.tenant("a", 0);
  fleet.cluster.run_for(10s);
  fleet.cut_off(0);
  fleet.cluster.run_for(60s);
  REQUIRE_FALSE(lists(fleet.cluster.machine(1), key("a")));
  tenant.stop_registering();
  fleet.cluster.machine(0).save();
  fleet.cluster.machine(0).kill();
  fleet.cluster.machine(0).start();
  fleet.cluster.heal_all();
  fleet.cluster.run_for(3s);
  CHECK(fleet.listed_by_all("a"));
}

TEST_CASE("a renewal at another node just before the end of the lease keeps it") {
  for (Time before = 10ms; before <= 100ms; before += 10ms) {
    Fleet fleet;
    fleet.cluster.machine(0).ask(registration("a"));  // a lease of 15 s
    fleet.cluster.run_for(15s - before);
    CHECK(fleet.cluster.machine(1).ask(core::Renew{key("a"), std::nullopt, core::Face::native})->result ==
          core::Result::unchanged);
    fleet.cluster.run_for(5s);
    CHECK(fleet.cluster.evictions() == 0);
    CHECK(fleet.listed_by_all("a"));
  }
}

TEST_CASE("a renewal of a later life does not keep the earlier one, which is all that a node knows") {
  Fleet fleet;
  fleet.cluster.machine(0).ask(registration("a", 1));
  fleet.cluster.run_for(1s);
  fleet.cut_off(2);
  fleet.cluster.machine(0).ask(cancel("a"));
  fleet.cluster.machine(0).ask(registration("a", 2));
  const auto renew = [&](std::size_t machine, core::Incarnation life) {
    return fleet.cluster.machine(machine)
        .ask(core::Renew{key("a"), std::nullopt, core::Face::native, false, life})
        ->result;
  };
  CHECK(renew(2, 2) == core::Result::unknown_instance);  // so its client registers here, and is listed from now on
  CHECK(renew(2, 1) == core::Result::unchanged);
  CHECK(renew(0, 1) == core::Result::ignored_as_late);
  CHECK(renew(0, 2) == core::Result::unchanged);
}

}  // namespace muster::sim
