// Goal: the log gives each reader what changed since it looked, once, or says that it cannot. Method: a log by hand.
#include "server/core/change_log.hpp"

#include <array>
#include <catch2/catch.hpp>

using namespace muster::core;
using namespace std::chrono_literals;

namespace {

struct World {
  ChangeLog log;
  Service a, b;
  std::uint64_t revision = 0;

  void change(Slot& slot, Service& service, const std::string& id, Monotonic at) {
    slot.service = &service;
    auto entry = std::make_shared<Entry>();
    entry->id = id;
    service.hash += ContentHash{revision + 1, 7};
    log.append(slot, Cause::changed, entry, at, ++revision);
  }
  void trim(Monotonic now, Monotonic retention, std::size_t length) {
    log.trim(now, retention, length, [](Service&, const EntryPtr&) {});
  }
};

}  // namespace

TEST_CASE("the latest changes are one an instance, in the order of the last change") {
  World world;
  Slot x, y;
  world.change(x, world.a, "x1", 1s);
  world.change(y, world.b, "y1", 2s);
  world.change(x, world.a, "x2", 3s);
  const auto latest = world.log.latest();
  REQUIRE(latest.size() == 2);
  CHECK(latest[0]->id == "y1");
  CHECK(latest[1]->id == "x2");
}

TEST_CASE("changes of one service since a revision leave out other services") {
  World world;
  Slot x, y;
  world.change(x, world.a, "x1", 1s);
  world.change(y, world.b, "y1", 2s);
  world.change(x, world.a, "x2", 3s);
  const auto since = world.log.since(world.a, 1);
  REQUIRE(since);
  REQUIRE(since->size() == 1);
  CHECK(since->front().entry->id == "x2");
  CHECK(world.log.since(world.b, 2)->empty());
}

TEST_CASE("a reader from before the oldest change is told to take everything") {
  World world;
  std::array<Slot, 5> slots;
  for (int i = 1; i <= 5; ++i) world.change(slots[static_cast<std::size_t>(i - 1)], world.a, "x", i * 1s);
  world.trim(10s, 7s, 100);
  CHECK(world.log.size() == 3);
  CHECK_FALSE(world.log.since(world.a, 1));
  CHECK(world.log.since(world.a, 2)->size() == 3);
  world.trim(10s, 7s, 1);
  CHECK_FALSE(world.log.since(world.a, 2));
  CHECK(world.log.since(world.a, 4)->size() == 1);
}

TEST_CASE("content that a later change overtook is not kept") {
  World world;
  Slot x;
  world.change(x, world.a, "x1", 1s);
  const std::weak_ptr<const Entry> first = world.log.latest().front();
  world.change(x, world.a, "x2", 2s);
  CHECK(first.expired());
  CHECK(world.log.since(world.a, 0)->size() == 1);
}

TEST_CASE("a content hash leads to its revision while the log knows it") {
  World world;
  Slot x;
  world.change(x, world.a, "x1", 1s);
  const ContentHash first = world.a.hash;
  world.change(x, world.a, "x2", 2s);
  CHECK(world.log.revision_of(world.a, first) == 1u);
  CHECK(world.log.revision_of(world.a, world.a.hash) == 2u);
  world.trim(10s, 8s, 100);
  CHECK_FALSE(world.log.revision_of(world.a, first));
}
