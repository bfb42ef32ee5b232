#include <catch2/catch.hpp>

#include <string>

#include "tests/sim/cluster/fleet.hpp"

// Lives of one instance that cross: cancels, evictions and registrations of which nodes hear late.
namespace muster::sim {
namespace {

core::Register eureka(core::Register out, std::int64_t dirty, model::Status status = model::Status::up) {
  out.incarnation.reset();
  out.face = core::Face::eureka;
  out.dirty_ms = dirty;
  out.reported = status;
  return out;
}

}  // namespace

TEST_CASE("a cancel and a registration buffered in a frozen node do not undo a later cancel of that life") {
  Fleet fleet;
  fleet.cluster.machine(0).ask(registration("a", 1, 600, 3000));
  fleet.cluster.run_for(1s);
  fleet.cluster.machine(1).pause();
  fleet.cluster.machine(1).ask(cancel("a"));                      // times out for the client,
  fleet.cluster.machine(1).ask(registration("a", 2, 600, 3000));  // which goes on at node 0
  fleet.cluster.machine(0).ask(cancel("a"));
  fleet.cluster.machine(0).ask(registration("a", 2, 600, 3000));
  REQUIRE(fleet.cluster.machine(0).ask(cancel("a"))->result == core::Result::ok);
  fleet.cluster.run_for(10s);
  REQUIRE(!lists(fleet.cluster.machine(0), key("a")));
  fleet.cluster.machine(1).resume();
  fleet.cluster.run_for(5s);
  CHECK(fleet.listed_by_none("a"));
}

TEST_CASE("an eviction in sight does not speak for a cancel that was not") {
  Fleet fleet;
  fleet.cluster.machine(0).ask(registration("a", 1));
  fleet.cluster.run_for(1s);
  fleet.cut_off(0);
  fleet.cluster.machine(0).ask(cancel("a"));
  fleet.cluster.run_for(60s);
  REQUIRE(fleet.listed_by_none("a"));                             // evicted at 1 and 2
  fleet.cluster.machine(1).ask(registration("a", 1, 600, 3000));  // a POST of the cancelled life that waited in a proxy
  fleet.cluster.run_for(1s);
  fleet.cluster.heal_all();
  fleet.cluster.run_for(10s);
  CHECK(fleet.listed_by_none("a"));
}

TEST_CASE("who registered again with a clock that stepped back is not hidden by a late write of the old life") {
  Fleet fleet;
  const auto client = [](std::int64_t dirty, model::Status status) {
    return eureka(registration("a", 1, 600, 3000), dirty, status);
  };
  fleet.cluster.machine(0).ask(client(2000, model::Status::up));
  fleet.cluster.run_for(1s);
  fleet.cluster.machine(1).pause();
  fleet.cluster.machine(1).ask(client(2000, model::Status::starting));
  fleet.cluster.machine(0).ask(core::Cancel{key("a"), std::nullopt, core::Face::eureka});
  fleet.cluster.run_for(90s);
  REQUIRE(fleet.cluster.machine(0).ask(client(1000, model::Status::up))->result == core::Result::created);
  fleet.cluster.run_for(1s);
  fleet.cluster.machine(1).resume();
  fleet.cluster.run_for(10s);
  for (std::size_t i = 0; i < 3; ++i) {
    const auto found = fleet.cluster.machine(i).ask(core::ReadInstance{key("a")});
    REQUIRE(found->state.entry);
    CHECK(found->state.entry->record.registration->incarnation == 1000);
  }
}

TEST_CASE("the same after an eviction: a late status of the old life does not hide the new one") {
  Fleet fleet;
  const auto client = [](std::int64_t dirty) { return eureka(registration("a"), dirty); };
  fleet.cluster.machine(0).ask(client(2'000'000));
  fleet.cluster.run_for(1s);
  fleet.cut_off(2);
  fleet.cluster.run_for(60s);
  REQUIRE(!lists(fleet.cluster.machine(0), key("a")));
  REQUIRE(fleet.cluster.machine(0).ask(client(1'000'000))->result == core::Result::created);
  fleet.cluster.run_for(1s);
  fleet.cluster.machine(2).ask(core::SetStatus{key("a"), model::Status::down, std::nullopt});
  fleet.cluster.heal_all();
  fleet.cluster.run_for(5s);
  const auto found = fleet.cluster.machine(0).ask(core::ReadInstance{key("a")});
  REQUIRE(found->state.entry);
  CHECK(found->state.entry->record.registration->incarnation == 1'000'000);
}

TEST_CASE("a clock that stepped back below an earlier fence leaves nodes equal") {
  Fleet fleet;
  const auto client = [](std::int64_t dirty) {
    const auto status = dirty == 2'000'000 ? model::Status::starting : model::Status::up;
    return eureka(registration("a", 1, 600, 3000), dirty, status);
  };
  fleet.cluster.machine(0).ask(client(1'000'000));
  fleet.cluster.run_for(1s);
  fleet.cut_off(2);
  fleet.cluster.machine(2).ask(client(2'000'000));
  fleet.cluster.machine(0).ask(core::Cancel{key("a"), std::nullopt, core::Face::eureka});
  fleet.cluster.run_for(5s);
  fleet.cluster.heal_all();
  fleet.cluster.run_for(90s);
  REQUIRE(fleet.listed_by_all("a"));
  REQUIRE(agrees(fleet.cluster));
  REQUIRE(fleet.cluster.machine(0).ask(client(500'000))->result == core::Result::ok);
  fleet.cluster.run_for(60s);
  CHECK(fleet.listed_by_all("a"));
  CHECK_NOTHROW(expect_agreement(fleet.cluster));
  fleet.cluster.run_for(600s);
}

TEST_CASE("an older dirty timestamp is taken minutes later, wherever the newer one was") {
  Fleet fleet;
  const auto client = [](std::int64_t dirty, const char* address) {
    core::Register out = registration("a", 1, 30, 90);
    model::Instance instance;
    instance.host_name = instance.address = address;
    out.payload = model::pack(instance);
    return eureka(std::move(out), dirty);
  };
  fleet.cut_off(0);
  fleet.cluster.run_for(5s);
  fleet.cluster.machine(0).ask(client(2'000'000, "10.0.0.1"));
  fleet.cluster.run_for(5min);
  const auto later = client(1'000'000, "10.0.0.2");
  REQUIRE(fleet.cluster.machine(1).ask(later)->result == core::Result::created);
  fleet.cluster.run_for(1s);
  fleet.cluster.heal_all();
  for (int i = 0; i < 20; ++i) {
    fleet.cluster.run_for(30s);
    const auto out = fleet.cluster.machine(1).ask(core::Renew{key("a"), 1'000'000, core::Face::eureka});
    if (out->result == core::Result::unknown_instance) fleet.cluster.machine(1).ask(later);
  }
  for (std::size_t i = 0; i < 3; ++i) {
    const auto found = fleet.cluster.machine(i).ask(core::ReadInstance{key("a")});
    REQUIRE(found->state.entry);
    CHECK(*found->state.entry->record.registration->payload == *later.payload);
  }
}

TEST_CASE("a cancel is remembered for a node without a data directory that is cut off") {
  for (const bool lasting : {true, false}) {
    INFO("lasting " << lasting);
    ClusterOptions options;
    options.lasting = lasting;
    Fleet fleet(options);
    fleet.cluster.run_for(25h);
    fleet.cluster.machine(0).ask(registration("a", 1, 600, 3000));
    fleet.cluster.run_for(1s);
    fleet.cut_off(2);
    fleet.cluster.run_for(5s);
    fleet.cluster.machine(0).ask(cancel("a"));
    fleet.cluster.run_for(30min);
    CHECK(fleet.cluster.machine(2).ask(core::SetStatus{key("a"), model::Status::down, std::nullopt})->result ==
          core::Result::ok);
    fleet.cluster.heal_all();
    fleet.cluster.run_for(10s);
    CHECK(fleet.listed_by_none("a"));
  }
}

}  // namespace muster::sim
