#include <catch2/catch.hpp>

#include <string>

#include "tests/sim/cluster/fleet.hpp"

// What operators say, at several nodes: it is undone by nobody who has not heard of it.
namespace muster::sim {
namespace {

core::SetOverride drain(const std::string& id, std::chrono::seconds ttl, const char* reason) {
  core::SetOverride out;
  out.key = key(id);
  out.value = model::Status::out_of_service;
  out.reason = reason;
  out.face = core::Face::native;
  out.ttl = ttl;
  return out;
}
std::string drained(Machine& machine, const std::string& id) {
  const auto found = machine.ask(core::ReadInstance{key(id)});
  if (!found || !found->state.entry) return "absent";
  const auto& record = found->state.entry->record;
  return record.override_ && record.override_->value ? record.override_->reason : "none";
}

}  // namespace

TEST_CASE("the end of a drain at a node that had not heard of its extension does not undo that") {
  Fleet fleet;
  fleet.cluster.machine(0).ask(registration("a", 1, 600, 3000));
  fleet.cluster.run_for(1s);
  fleet.cluster.machine(0).ask(drain("a", 60s, "first"));
  fleet.cluster.run_for(1s);
  fleet.cut_off(2);
  fleet.cluster.run_for(10s);
  REQUIRE(fleet.cluster.machine(0).ask(drain("a", 3600s, "longer"))->result == core::Result::ok);
  fleet.cluster.run_for(90s);
  fleet.cluster.heal_all();
  fleet.cluster.run_for(10s);
  for (std::size_t i = 0; i < 3; ++i) CHECK(drained(fleet.cluster.machine(i), "a") == "longer");
}

TEST_CASE("a clock that is ahead at one node does not end the drains of all") {
  Fleet fleet;
  fleet.cluster.machine(2).clock().step_wall(20min);
  fleet.cluster.machine(0).ask(registration("a", 1, 600, 3000));
  fleet.cluster.run_for(1s);
  REQUIRE(fleet.cluster.machine(0).ask(drain("a", 600s, "deploy"))->result == core::Result::ok);
  fleet.cluster.run_for(5s);
  for (std::size_t i = 0; i < 2; ++i) CHECK(drained(fleet.cluster.machine(i), "a") == "deploy");
}

TEST_CASE("what the cancel of an old drain clears is not a later drain") {
  // The holder's Eureka override ends with a cancel; another node set a later native one in a cut.
  Fleet fleet;
  fleet.cluster.machine(0).ask(registration("a", 1, 600, 3000));
  core::SetOverride eureka = drain("a", 3600s, "eureka");
  eureka.face = core::Face::eureka;
  eureka.ttl.reset();
  fleet.cluster.machine(0).ask(eureka);
  fleet.cluster.run_for(1s);
  fleet.cut_off(2);
  REQUIRE(fleet.cluster.machine(2).ask(drain("a", 7200s, "operator"))->result == core::Result::ok);
  fleet.cluster.run_for(5s);
  fleet.cluster.machine(0).ask(cancel("a"));
  fleet.cluster.machine(0).ask(registration("a", 2, 600, 3000));
  fleet.cluster.run_for(1s);
  fleet.cluster.heal_all();
  fleet.cluster.run_for(10s);
  for (std::size_t i = 0; i < 3; ++i) CHECK(drained(fleet.cluster.machine(i), "a") == "operator");
}

TEST_CASE("a cancel and the end of a drain leave nothing behind in whatever order nodes hear of them") {
  // A drain with an end, its instance cancelled, forgotten; then the same key registered again.
  ClusterOptions options;
  options.settings.tombstone_retention = 10s;
  Fleet fleet(options);
  for (int round = 0; round < 20; ++round) {
    fleet.cluster.machine(0).ask(registration("a", static_cast<core::Incarnation>(round + 1)));
    fleet.cluster.machine(0).ask(drain("a", 100s, "x"));
    fleet.cluster.run_for(1s);
    fleet.cluster.machine(1).ask(cancel("a"));
    fleet.cluster.run_for(std::chrono::seconds(10 + round * 5));
    fleet.cluster.machine(2).ask(core::ClearOverride{key("a"), std::nullopt, core::Face::native});
    fleet.cluster.run_for(3s);
  }
  fleet.cluster.run_for(2h);
  for (std::size_t i = 0; i < 3; ++i) {
    const auto g = fleet.cluster.node(i).gauges();
    CHECK(g.dormant_overrides == 0);
    CHECK(g.tombstones == 0);
    CHECK(fleet.cluster.node(i).snapshot().state.dead.empty());
  }
}

}  // namespace muster::sim
