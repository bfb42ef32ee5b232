#include <catch2/catch.hpp>

#include <algorithm>

#include "tests/sim/scenario_fleet.hpp"

namespace muster::sim {
namespace {

/// The most evictions within any window of this length.
std::size_t most_evicted_within(const Ledger& ledger, core::Monotonic window) {
  std::size_t most = 0, first = 0;
  const auto& evicted = ledger.evicted();
  for (std::size_t last = 0; last < evicted.size(); ++last) {
    while (evicted[last].when - evicted[first].when > window) ++first;
    most = std::max(most, last - first + 1);
  }
  return most;
}

void kill_all(const std::vector<SimClient*>& fleet) {
  for (SimClient* client : fleet) client->kill();
}

}  // namespace

// Goal: a rack whose instances of several services fail together is a network fault until its hold is over. Method:
// kill all of one subnet: held for 15 minutes, then evicted in batches, everybody else untouched.
TEST_CASE("a rack truly dead is held and then evicted, paced") {
  World world(WorldOptions{});
  std::vector<SimClient*> rack, rest;
  for (const char* service : {"orders", "billing", "search", "users"}) {
    for (SimClient* client : add_fleet(world, std::string(service), 10, "10.0.7")) rack.push_back(client);
    for (int i = 11; i <= 25; ++i) {
      ClientOptions options;
      options.key = {service, std::to_string(i)};
      options.address = "10.0." + std::to_string(i) + ".1";
      rest.push_back(&world.client(options));
    }
  }
  start_spread(world, rack);
  start_spread(world, rest);
  world.run_for(2min);
  kill_all(rack);
  world.run_for(1min);
  REQUIRE(holds(world).size() == 1);
  CHECK(holds(world)[0].kind == core::ScopeKind::subnet);
  CHECK(holds(world)[0].name == "10.0.7.0/24");
  CHECK(count_held(world, rack) == 40);
  CHECK(world.ledger().evictions() == 0);
  world.run_for(13min);
  CHECK(count_held(world, rack) == 40);
  CHECK(world.visible(rack[0]->key()) == model::Status::up);  // nothing rewrites the status of what is held
  world.run_for(4min);
  CHECK(count_listed(world, rack) == 0);
  CHECK(world.ledger().evictions(core::Cause::hold_expired) == 40);
  CHECK(most_evicted_within(world.ledger(), 4s) <= 5);
  CHECK(count_listed(world, rest) == 60);
  CHECK(holds(world).empty());
}

// Goal: ten dead pods do not become zombies. Method: all of a service die at once, the rest of the registry is well.
TEST_CASE("ten pods to none leave after two minutes of doubt") {
  World world(WorldOptions{});
  auto pods = add_fleet(world, "pods", 10, "10.0.1");
  auto rest = add_fleet(world, "rest", 100, "10.0.2");
  start_spread(world, pods);
  start_spread(world, rest);
  world.run_for(2min);
  kill_all(pods);
  world.run_for(1min);
  REQUIRE(holds(world).size() == 1);
  CHECK(holds(world)[0].kind == core::ScopeKind::service);
  CHECK(holds(world)[0].name == "pods");
  CHECK(holds(world)[0].reason.find("10 of 10") != std::string::npos);
  CHECK(count_held(world, pods) == 10);
  world.run_for(2min);
  CHECK(count_listed(world, pods) == 0);
  CHECK(world.ledger().evictions(core::Cause::hold_expired) == 10);
  CHECK(most_evicted_within(world.ledger(), 4s) <= 5);
  CHECK(count_listed(world, rest) == 100);
}

// Goal: 40 of 100 cut off are held and listed, none is evicted, and it clears by itself within two leases of healing.
TEST_CASE("40 of 100 cut off and back") {
  World world(WorldOptions{});
  std::vector<SimClient*> all;
  for (const char* service : {"orders", "billing", "search", "users"})
    for (SimClient* client : add_fleet(world, std::string(service), 25)) all.push_back(client);
  start_spread(world, all);
  world.run_for(2min);
  for (std::size_t i = 0; i < 40; ++i) world.network().cut(all[i * 100 / 40]->link());
  world.run_for(5min);
  CHECK(count_listed(world, all) == 100);
  CHECK(count_held(world, all) == 40);
  CHECK(world.ledger().evictions() == 0);
  world.network().heal_all();
  world.run_for(1min);
  CHECK(count_listed(world, all) == 100);
  CHECK(count_held(world, all) == 0);
  CHECK(holds(world).empty());
  CHECK(world.ledger().evictions() == 0);
}

// Goal: a scale-down is no fault, however large and fast: cancels never lead to a hold.
TEST_CASE("scaling down by cancels never triggers a hold") {
  World world(WorldOptions{});
  auto fleet = add_fleet(world, "orders", 100);
  start_spread(world, fleet);
  world.run_for(2min);
  for (std::size_t i = 0; i < 80; ++i) fleet[i]->cancel();
  world.run_for(10min);
  CHECK(count_listed(world, fleet) == 20);
  CHECK(world.ledger().evictions() == 0);
  CHECK(world.ledger().holds_begun() == 0);
}

// Goal: the operator's word ends a hold. Method: release it; the rest goes in batches with that cause.
TEST_CASE("a released hold evicts what it held") {
  World world(WorldOptions{});
  auto pods = add_fleet(world, "pods", 20, "10.0.1");
  start_spread(world, pods);
  world.run_for(1min);
  kill_all(pods);
  world.run_for(50s);
  REQUIRE(holds(world).size() == 1);
  CHECK(world.ask(core::ReleaseHold{core::ScopeKind::service, "other"}).result == core::Result::unknown_hold);
  CHECK(world.ask(core::ReleaseHold{core::ScopeKind::service, "pods"}).result == core::Result::ok);
  world.run_for(1min);
  CHECK(count_listed(world, pods) == 0);
  CHECK(world.ledger().evictions(core::Cause::hold_released) == 20);
}

// Goal: self-preservation that is switched off never holds.
TEST_CASE("without self-preservation everything dead leaves on time") {
  WorldOptions options;
  options.settings = default_settings();
  options.settings.self_preservation.enabled = false;
  World world(options);
  auto pods = add_fleet(world, "pods", 50);
  start_spread(world, pods);
  world.run_for(1min);
  kill_all(pods);
  world.run_for(31s);
  CHECK(count_listed(world, pods) == 0);
  CHECK(world.ledger().evictions(core::Cause::expired) == 50);
}

}  // namespace muster::sim
