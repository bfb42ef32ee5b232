// Goal: what fails together is held in the scope that explains it, and nothing else is. Method: slots by hand.
#include "server/core/self_preservation.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <vector>

#include "server/core/slot.hpp"

using namespace muster::core;
using namespace std::chrono_literals;

namespace {

struct World {
  SelfPreservation judge{SelfPreservationSettings{}};
  std::map<std::string, std::unique_ptr<Service>> services;
  std::vector<std::unique_ptr<Slot>> slots;

  ~World() {
    for (auto& slot : slots) judge.leave(*slot);
  }

  Slot& add(const std::string& service, const std::string& subnet, const std::string& zone = "") {
    auto& known = services[service];
    if (!known) {
      known = std::make_unique<Service>();
      known->name = std::make_shared<const std::string>(service);
    }
    auto slot = std::make_unique<Slot>();
    slot->service = known.get();
    auto entry = std::make_shared<Entry>();
    entry->service = known->name;
    entry->id = std::to_string(slots.size());
    slot->entry = std::move(entry);
    judge.join(*slot, subnet, zone);
    slots.push_back(std::move(slot));
    return *slots.back();
  }

  /// Fails the first `count` slots, then says how many of them are held.
  std::size_t fail_first(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) judge.set_failing(*slots[i], true);
    std::size_t held = 0;
    for (std::size_t i = 0; i < count; ++i) held += judge.hold(*slots[i], 100s, 0) ? 1 : 0;
    return held;
  }
};

}  // namespace

TEST_CASE("one dead instance of two is not held") {
  World world;
  world.add("a", "10.0.0.0/24");
  world.add("a", "10.0.0.0/24");
  CHECK(world.fail_first(1) == 0);
}

TEST_CASE("a service below the minimum is not held, one at the minimum is, over 15 percent and five only") {
  struct Row {
    std::size_t instances, failing, held;
  };
  const Row row = GENERATE(Row{9, 9, 0}, Row{10, 10, 10}, Row{10, 4, 0}, Row{10, 5, 5}, Row{40, 6, 0}, Row{39, 6, 6});
  World world;
  for (std::size_t i = 0; i < row.instances; ++i) world.add("a", "");
  CHECK(world.fail_first(row.failing) == row.held);
}

TEST_CASE("three services that fail in one subnet are put down to the subnet") {
  World world;
  for (int i = 0; i < 12; ++i) world.add(std::string(1, "abc"[i % 3]), "10.0.1.0/24");
  for (int i = 0; i < 30; ++i) world.add(std::string(1, "abc"[i % 3]), "10.0.2.0/24");
  CHECK(world.fail_first(12) == 12);
  const auto holds = world.judge.holds(100s, 0);
  REQUIRE(holds.size() == 1);
  CHECK(holds[0].kind == ScopeKind::subnet);
  CHECK(holds[0].name == "10.0.1.0/24");
}

TEST_CASE("one big service that dies in its subnet is put down to the service, stragglers or not") {
  World world;
  for (int i = 0; i < 60; ++i) world.add("big", "10.0.1.0/24");
  world.add("b", "10.0.1.0/24");
  world.add("c", "10.0.1.0/24");
  for (int i = 0; i < 30; ++i) world.add("b", "10.0.1.0/24");
  CHECK(world.fail_first(60) == 60);
  for (std::size_t i = 60; i < 62; ++i) {
    world.judge.set_failing(*world.slots[i], true);
    CHECK_FALSE(world.judge.hold(*world.slots[i], 101s, 0));
  }
  const auto holds = world.judge.holds(101s, 0);
  REQUIRE(holds.size() == 1);
  CHECK(holds[0].kind == ScopeKind::service);
}

TEST_CASE("a hold ends by recovery and gives back what it held") {
  World world;
  for (int i = 0; i < 20; ++i) world.add("a", "");
  REQUIRE(world.fail_first(10) == 10);
  CHECK(world.judge.advance(101s, 0).began.size() == 1);
  for (std::size_t i = 0; i < 7; ++i) world.judge.set_failing(*world.slots[i], false);
  const auto progress = world.judge.advance(102s, 0);
  CHECK(progress.recovered.size() == 3);
  CHECK(progress.ended.size() == 1);
  CHECK(progress.evict.empty());
  CHECK(world.judge.holds(102s, 0).empty());
  CHECK(world.judge.held_instances() == 0);
}

TEST_CASE("a hold whose time is up evicts in batches, the longest held first") {
  World world;
  for (int i = 0; i < 12; ++i) world.add("a", "");
  REQUIRE(world.fail_first(12) == 12);
  CHECK(world.judge.advance(219s, 0).evict.empty());
  const auto first = world.judge.advance(220s, 0);
  REQUIRE(first.evict.size() == 5);
  CHECK(first.evict[0].first == world.slots[0].get());
  CHECK(first.evict[0].second == Cause::hold_expired);
  for (const auto& [slot, cause] : first.evict) world.judge.leave(*slot);
  CHECK(world.judge.advance(222s, 0).evict.empty());
  const auto second = world.judge.advance(225s, 0);
  CHECK(second.evict.size() == 5);
  for (const auto& [slot, cause] : second.evict) world.judge.leave(*slot);
  const auto third = world.judge.advance(230s, 0);
  CHECK(third.evict.size() == 2);
  CHECK(third.ended.size() == 1);
}

TEST_CASE("an operator releases a hold") {
  World world;
  for (int i = 0; i < 12; ++i) world.add("a", "");
  REQUIRE(world.fail_first(12) == 12);
  CHECK_FALSE(world.judge.release(ScopeKind::service, "b", 101s));
  CHECK(world.judge.release(ScopeKind::service, "a", 101s));
  const auto progress = world.judge.advance(101s, 0);
  REQUIRE(progress.evict.size() == 5);
  CHECK(progress.evict[0].second == Cause::hold_released);
}

TEST_CASE("subnets are /24 and /64") {
  CHECK(subnet_of("10.1.2.3") == "10.1.2.0/24");
  CHECK(subnet_of("2001:db8:1:2:3:4:5:6") == "2001:db8:1:2::/64");
  CHECK(subnet_of("host.example").empty());
  CHECK(subnet_of("").empty());
}
