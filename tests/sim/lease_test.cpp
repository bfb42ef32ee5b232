#include <catch2/catch.hpp>

#include "tests/sim/scenario_fleet.hpp"

namespace muster::sim {
namespace {

/// How long after its last renewal an instance left, in the node's running time.
core::Monotonic time_to_eviction(World& world, const core::Key& key) {
  for (const Ledger::Eviction& item : world.ledger().evicted())
    if (item.key == key) return item.when - world.ledger().find(key)->renewed;
  return core::Monotonic{-1};
}

}  // namespace

// Goal: renewing keeps an instance, however the beats of many fall. Method: an hour of a hundred spread ones, and of a
// hundred that all beat in the same instant.
TEST_CASE("instances that renew stay, spread and simultaneous") {
  const bool spread = GENERATE(true, false);
  World world(WorldOptions{});
  ClientOptions pattern;
  pattern.jitter_percent = spread ? 5 : 0;
  auto fleet = add_fleet(world, "orders", 100, "10.0.0", pattern);
  spread ? start_spread(world, fleet) : start_spread(world, fleet, 0s);
  world.run_for(1h);
  CHECK(count_listed(world, fleet) == 100);
  CHECK(world.ledger().evictions() == 0);
  CHECK(world.ledger().holds_begun() == 0);
}

// Goal: a lease ends when it ends, short or long. Method: single instances with leases of 1 s to 1 h stop renewing.
TEST_CASE("a lease of any length is exact to 250 ms") {
  World world(WorldOptions{});
  const std::vector<std::uint32_t> durations{1, 2, 3, 5, 10, 30, 60, 90, 300, 900, 1800, 3600};
  for (std::uint32_t duration : durations)
    world.ask(registration({"service-" + std::to_string(duration), "1"}, {std::nullopt, duration}));
  world.run_for(2h);
  REQUIRE(world.ledger().evictions() == durations.size());
  for (std::uint32_t duration : durations) {
    const core::Monotonic taken = time_to_eviction(world, {"service-" + std::to_string(duration), "1"});
    CHECK(taken >= std::chrono::seconds(duration));
    CHECK(taken <= std::chrono::seconds(duration) + 250ms);
  }
}

// Goal: one dead instance of two leaves on time and nothing is held for it.
TEST_CASE("one of two dead is evicted on time") {
  World world(WorldOptions{});
  auto fleet = add_fleet(world, "orders", 2);
  start_spread(world, fleet);
  world.run_for(1min);
  fleet[0]->kill();
  world.run_for(31s);
  CHECK_FALSE(world.lists(fleet[0]->key()));
  CHECK(world.lists(fleet[1]->key()));
  CHECK(world.ledger().evictions(core::Cause::expired) == 1);
  CHECK(world.ledger().holds_begun() == 0);
  CHECK(time_to_eviction(world, fleet[0]->key()) <= 30s + 250ms);
}

// Goal: late is told after one and a half intervals, and a renewal ends all doubt at once.
TEST_CASE("a missed renewal makes an instance late and a renewal clears it") {
  World world(WorldOptions{});
  const core::Key key{"orders", "1"};
  world.ask(registration(key));
  world.run_for(14'900ms);
  CHECK(world.lease(key) == core::LeaseState::ok);
  world.run_for(400ms);
  CHECK(world.lease(key) == core::LeaseState::late);
  world.ask(core::Renew{key, std::nullopt, core::Face::native});
  CHECK(world.lease(key) == core::LeaseState::ok);
}

// Goal: a node that stood still takes nobody's lease for its own sleep. Method: a minute of SIGSTOP, and of a machine's
// suspend, under a hundred heartbeats.
TEST_CASE("a node that was paused for a minute evicts nobody") {
  const bool suspended = GENERATE(false, true);
  World world(WorldOptions{});
  auto fleet = add_fleet(world, "orders", 100);
  start_spread(world, fleet);
  world.run_for(1min);
  suspended ? world.node().suspend() : world.node().pause();
  world.run_for(1min);
  world.node().resume();
  CHECK(count_listed(world, fleet) == 100);
  world.run_for(5min);
  CHECK(count_listed(world, fleet) == 100);
  CHECK(world.ledger().evictions() == 0);
  CHECK(world.ledger().holds_begun() == 0);
  CHECK(world.core().counters().pauses == (suspended ? 0 : 1));
}

// Goal: a pause extends leases by the pause and no more: who was dead before it leaves after it.
TEST_CASE("a pause extends a lease by the pause") {
  World world(WorldOptions{});
  world.ask(registration({"orders", "1"}));
  world.run_for(20s);
  world.node().pause();
  world.run_for(1min);
  world.node().resume();
  world.run_for(9s);
  CHECK(world.lists({"orders", "1"}));
  world.run_for(2s);
  CHECK_FALSE(world.lists({"orders", "1"}));
}

// Goal: the wall clock has no say in leases, and versions grow all the same.
TEST_CASE("a step of the wall clock by an hour changes no lease") {
  const std::chrono::milliseconds step = GENERATE(values<std::chrono::milliseconds>({1h, -1h}));
  World world(WorldOptions{});
  auto fleet = add_fleet(world, "orders", 20);
  auto dying = add_fleet(world, "single", 1, "10.0.1");
  start_spread(world, fleet);
  dying[0]->start();
  world.run_for(1min);
  const core::Version before = world.ask(registration({"probe", "1"})).state.entry->record.registration->version;
  dying[0]->kill();
  world.node().clock().step_wall(step);
  const core::Outcome after = world.ask(registration({"probe", "2"}));
  CHECK(after.state.entry->record.registration->version > before);
  world.run_for(25s);
  CHECK(world.lists(dying[0]->key()));
  CHECK(world.ledger().evictions() == 0);
  world.run_for(10s);
  CHECK_FALSE(world.lists(dying[0]->key()));
  world.run_for(5min);
  CHECK(count_listed(world, fleet) == 20);
}

// Goal: heartbeat intervals are each instance's own: mixed ones get the verdicts that equal ones get.
TEST_CASE("mixed heartbeat intervals give the same verdicts") {
  World world(WorldOptions{});
  std::vector<SimClient*> all;
  for (std::uint32_t interval : {5u, 10u, 30u}) {
    ClientOptions pattern;
    pattern.interval = std::chrono::seconds(interval);
    pattern.lease = {interval, 3 * interval};
    auto fleet = add_fleet(world, "every-" + std::to_string(interval), 30, "10.0." + std::to_string(interval), pattern);
    start_spread(world, fleet, std::chrono::seconds(interval));
    all.insert(all.end(), fleet.begin(), fleet.end());
  }
  world.run_for(5min);
  CHECK(count_listed(world, all) == 90);
  CHECK(world.ledger().holds_begun() == 0);
  for (std::size_t service = 0; service < 3; ++service) all[service * 30]->kill();  // one of each dies
  world.run_for(2min);
  CHECK(world.ledger().evictions(core::Cause::expired) == 3);
  CHECK(world.ledger().holds_begun() == 0);
  CHECK(count_listed(world, all) == 87);
}

// Goal: a client that gives both numbers gets a lease of at least two intervals; what it leaves out is filled in.
TEST_CASE("lease terms are completed and raised") {
  World world(WorldOptions{});
  const auto terms = [&world](model::LeaseRequest asked) {
    static int next = 0;
    const core::Outcome outcome = world.ask(registration({"terms", std::to_string(++next)}, asked));
    const model::LeaseTerms given = outcome.state.entry->record.registration->lease;
    return std::tuple(given.interval_s, given.duration_s, outcome.lease_raised);
  };
  CHECK(terms({30, 90}) == std::tuple(30u, 90u, false));
  CHECK(terms({30, 60}) == std::tuple(30u, 60u, false));
  CHECK(terms({30, 59}) == std::tuple(30u, 60u, true));
  CHECK(terms({30, 30}) == std::tuple(30u, 60u, true));
  CHECK(terms({std::nullopt, 30}) == std::tuple(10u, 30u, false));
  CHECK(terms({std::nullopt, std::nullopt}) == std::tuple(30u, 90u, false));
  CHECK(std::get<1>(terms({60, std::nullopt})) >= 120u);
  CHECK(std::get<1>(terms({std::nullopt, 1'000'000})) == 86'400u);
}

// Goal: the switch for Eureka's own arithmetic: one duration after registering, two after a renewal.
TEST_CASE("doubled leases last two durations after a renewal") {
  core::Settings settings = default_settings();
  settings.lease.doubled = GENERATE(true, false);
  WorldOptions options;
  options.settings = settings;
  World world(options);
  world.ask(registration({"never-renewed", "1"}));
  world.ask(registration({"renewed", "1"}));
  world.ask(core::Renew{{"renewed", "1"}, std::nullopt, core::Face::eureka});
  world.run_for(31s);
  CHECK_FALSE(world.lists({"never-renewed", "1"}));
  CHECK(world.lists({"renewed", "1"}) == settings.lease.doubled);
  world.run_for(28s);
  CHECK(world.lists({"renewed", "1"}) == settings.lease.doubled);
  world.run_for(2s);
  CHECK_FALSE(world.lists({"renewed", "1"}));
}

}  // namespace muster::sim
