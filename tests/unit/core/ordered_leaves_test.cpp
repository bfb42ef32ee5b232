// Goal: leaves keep every live slot once, in order, in runs of at most 256, and share segments that did not change.
// Method: random inserts and removals against a sorted set, and looks at which segments are the same objects.
#include "server/core/ordered_leaves.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <set>

using namespace muster::core;

namespace {

struct World {
  OrderedLeaves leaves;
  std::map<std::string, std::unique_ptr<Service>> services;
  std::map<std::pair<std::string, std::string>, std::unique_ptr<Slot>> slots;

  void add(const std::string& service, const std::string& id) {
    auto& known = services[service];
    if (!known) {
      known = std::make_unique<Service>();
      known->name = std::make_shared<const std::string>(service);
    }
    auto slot = std::make_unique<Slot>();
    auto entry = std::make_shared<Entry>();
    entry->service = known->name;
    entry->id = id;
    slot->service = known.get();
    slot->entry = std::move(entry);
    leaves.insert(*slot);
    slots[{service, id}] = std::move(slot);
  }

  void remove(const std::string& service, const std::string& id) {
    leaves.erase(*slots.at({service, id}));
    slots.erase({service, id});
  }

  void check() {
    auto expected = slots.begin();
    for (const SegmentPtr& segment : leaves.segments()) {
      REQUIRE_FALSE(segment->entries.empty());
      REQUIRE(segment->entries.size() <= Segment::instances_max);
      for (const EntryPtr& entry : segment->entries) {
        REQUIRE(expected != slots.end());
        REQUIRE(entry == expected->second->entry);
        ++expected;
      }
    }
    REQUIRE(expected == slots.end());
  }

  void check_slices(const std::string& service) {
    std::set<std::string> ids;
    for (const Slice& slice : leaves.slices(service))
      for (std::size_t i = slice.begin; i < slice.end; ++i) {
        REQUIRE(*slice.segment->entries[i]->service == service);
        ids.insert(slice.segment->entries[i]->id);
      }
    std::set<std::string> expected;
    for (const auto& [key, slot] : slots)
      if (key.first == service) expected.insert(key.second);
    REQUIRE(ids == expected);
  }
};

std::string number(unsigned value) {
  std::string text = std::to_string(value);
  return std::string(6 - text.size(), '0') + text;
}

}  // namespace

TEST_CASE("leaves hold what a sorted set holds, over random inserts and removals") {
  const auto seed = GENERATE(1u, 2u, 3u, 4u);
  CAPTURE(seed);
  std::mt19937 random(seed);
  World world;
  for (int round = 0; round < 6000; ++round) {
    const std::string service = "s" + std::to_string(random() % 7);
    const std::string id = number(static_cast<unsigned>(random() % 600));
    const bool there = world.slots.count({service, id}) != 0;
    const bool grow = round % 3000 < 2000;
    if (!there && (grow || random() % 4 == 0)) world.add(service, id);
    if (there && (!grow || random() % 4 == 0)) world.remove(service, id);
    if (round % 500 == 0) world.check();
  }
  world.check();
  for (int service = 0; service < 8; ++service) world.check_slices("s" + std::to_string(service));
}

TEST_CASE("ascending ids fill their leaves") {
  World world;
  for (unsigned i = 0; i < 10 * 256; ++i) world.add("s", number(i));
  CHECK(world.leaves.leaves() == 10);
}

TEST_CASE("removing leaves few leaves behind") {
  World world;
  for (unsigned i = 0; i < 5000; ++i) world.add("s", number(i));
  for (unsigned i = 0; i < 5000; ++i)
    if (i % 50 != 0) world.remove("s", number(i));
  CHECK(world.leaves.leaves() <= 4);
  world.check();
}

TEST_CASE("a change makes the segment of its leaf anew and shares the others") {
  World world;
  for (unsigned i = 0; i < 1024; ++i) world.add("s", number(i));
  const auto before = world.leaves.segments();
  REQUIRE(before.size() == 4);
  world.leaves.touch(*world.slots.at({"s", number(300)}));
  const auto after = world.leaves.segments();
  CHECK(after[0] == before[0]);
  CHECK(after[1] != before[1]);
  CHECK(after[2] == before[2]);
  CHECK(after[3] == before[3]);
}
