#include <catch2/catch.hpp>

#include "tests/sim/scenario_fleet.hpp"

namespace muster::sim {
namespace {

const core::Key key{"orders", "1"};

core::SetOverride drain(std::optional<std::chrono::seconds> ttl = std::nullopt) {
  core::SetOverride command;
  command.key = key;
  command.reason = "kernel update";
  command.by = "ann";
  command.ttl = ttl;
  return command;
}

}  // namespace

// Goal: a drain sticks until its time is up. Method: re-registration, eviction, cancel and new lives under a drain of
// an hour; then the hour passes.
TEST_CASE("a drain survives re-registration, eviction and cancel until its time is up") {
  World world(WorldOptions{});
  ClientOptions options;
  options.key = key;
  SimClient& client = world.client(options);
  client.start();
  world.run_for(30s);
  CHECK(world.ask(drain(1h)).result == core::Result::ok);
  CHECK(world.visible(key) == model::Status::out_of_service);
  client.set_metadata("color", "blue");
  world.run_for(1min);
  CHECK(world.visible(key) == model::Status::out_of_service);
  client.kill();
  world.run_for(2min);
  REQUIRE_FALSE(world.lists(key));
  CHECK(world.core().dormant_overrides().size() == 1);
  client.start();
  world.run_for(1min);
  CHECK(world.visible(key) == model::Status::out_of_service);
  CHECK(world.core().dormant_overrides().empty());
  client.cancel();
  world.run_for(20min);  // longer than the tombstone is kept
  REQUIRE_FALSE(world.lists(key));
  client.start();
  world.run_for(10min);
  CHECK(world.visible(key) == model::Status::out_of_service);
  world.run_for(27min);
  CHECK(world.visible(key) == model::Status::up);
}

// Goal: undrain brings back what the instance says, at once and with nothing between.
TEST_CASE("an undrain restores the reported status at once") {
  World world(WorldOptions{});
  world.ask(registration(key));
  const model::Status reported = GENERATE(model::Status::up, model::Status::starting, model::Status::out_of_service);
  world.ask(core::SetStatus{key, reported, std::nullopt});
  world.ask(drain());
  const core::ServiceViewPtr before = world.core().service("orders");
  CHECK(world.ask(core::ClearOverride{key, std::nullopt, GENERATE(core::Face::native, core::Face::eureka)}).result ==
        core::Result::ok);
  const core::ServiceViewPtr after = world.core().service("orders");
  CHECK(world.visible(key) == reported);
  CHECK(after->revision == before->revision + 1);
  const core::DeltaViewPtr delta = world.core().delta();
  for (const core::EntryPtr& entry : delta->entries) CHECK(entry->visible != model::Status::unknown);
}

// Goal: what an instance says of itself as not ready is shown even under an override.
TEST_CASE("a drain does not hide that an instance is down") {
  World world(WorldOptions{});
  world.ask(registration(key));
  world.ask(drain());
  world.ask(core::SetStatus{key, model::Status::down, std::nullopt});
  CHECK(world.visible(key) == model::Status::down);
  world.ask(core::SetStatus{key, model::Status::up, std::nullopt});
  CHECK(world.visible(key) == model::Status::out_of_service);
}

// Goal: the life of an override without a time limit. Method: one set natively stays for a day after a cancel, one set
// by Eureka's PUT ends with it.
TEST_CASE("an override set natively outlives a cancel, one of Eureka's does not") {
  World world(WorldOptions{});
  core::SetOverride command = drain();
  command.face = GENERATE(core::Face::native, core::Face::eureka);
  const bool stays = command.face == core::Face::native;
  world.ask(registration(key));
  world.ask(command);
  CHECK(world.visible(key) == model::Status::out_of_service);
  world.ask(core::Cancel{key, std::nullopt, core::Face::native});
  world.run_for(23h);
  world.ask(registration(key));
  CHECK(world.visible(key) == (stays ? model::Status::out_of_service : model::Status::up));
  world.ask(core::Cancel{key, std::nullopt, core::Face::native});
  world.run_for(25h);
  CHECK(world.core().dormant_overrides().empty());
  world.ask(registration(key));
  CHECK(world.visible(key) == model::Status::up);
}

// Goal: overrides without a record are bounded. Method: more drained instances leave than may be remembered.
TEST_CASE("dormant overrides stay within their limit") {
  WorldOptions options;
  options.settings = default_settings();
  options.settings.limits.dormant_overrides = 3;
  World world(options);
  for (int i = 0; i < 10; ++i) {
    core::SetOverride command = drain(std::chrono::hours(1 + i));
    command.key.id = std::to_string(i);
    world.ask(registration(command.key));
    REQUIRE(world.ask(command).result == core::Result::ok);
  }
  for (int i = 0; i < 10; ++i) world.ask(core::Cancel{{"orders", std::to_string(i)}, std::nullopt, core::Face::native});
  CHECK(world.core().dormant_overrides().size() == 3);
}

// Goal: everything that a node remembers of the dead goes. Method: a crowd comes and leaves; a day later nothing is
// kept.
TEST_CASE("a registry that was emptied keeps nothing") {
  World world(WorldOptions{});
  auto fleet = add_fleet(world, "orders", 50);
  start_spread(world, fleet);
  world.run_for(1min);
  for (SimClient* client : fleet) client->cancel();
  world.run_for(1h);
  const core::Gauges gauges = world.core().gauges();
  CHECK(gauges.instances == 0);
  CHECK(gauges.services == 0);
  CHECK(gauges.tombstones == 0);
  CHECK(gauges.changes == 0);
  CHECK(gauges.late == 0);
}

}  // namespace muster::sim
