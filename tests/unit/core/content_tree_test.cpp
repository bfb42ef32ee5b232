#include <catch2/catch.hpp>

#include <memory>
#include <string>
#include <vector>

#include "server/core/catalog.hpp"

// Goal: equal records give equal sums everywhere, others do not, and nothing is left of what went. Method: catalogs
// filled in different orders.
namespace muster::core {
namespace {

Entry entry(std::uint64_t clock, model::Origin holder) {
  Entry out;
  model::Instance instance;
  instance.host_name = instance.address = "10.0.0.1";
  Registration registration;
  registration.version = {clock, holder};
  registration.payload = model::pack(instance);
  out.record.registration = registration;
  out.record.holder = {{clock, holder}, holder};
  return out;
}

void put(Catalog& catalog, const std::string& id, const Entry& entry, bool live = true) {
  Slot& slot = catalog.slot({"orders", id});
  auto made = std::make_shared<Entry>(entry);
  made->service = slot.service->name;
  made->id = id;
  catalog.replace(slot, made, live);
}

constexpr model::Origin one{1, 1}, two{2, 1};

}  // namespace

TEST_CASE("the root does not depend on the order of writes") {
  Catalog left(1), right(2);
  for (int i = 0; i < 1000; ++i) put(left, std::to_string(i), entry(static_cast<std::uint64_t>(i + 1), one));
  for (int i = 999; i >= 0; --i) put(right, std::to_string(i), entry(static_cast<std::uint64_t>(i + 1), one));
  CHECK(left.tree().root() == right.tree().root());
  CHECK(left.tree().held_by(one) == right.tree().held_by(one));
  put(right, "7", entry(2000, one));
  CHECK(left.tree().root() != right.tree().root());
}

TEST_CASE("the sums of a place are those of its parts, down to the leaves") {
  Catalog catalog(1);
  for (int i = 0; i < 3000; ++i) put(catalog, std::to_string(i), entry(static_cast<std::uint64_t>(i + 1), one));
  const ContentTree& tree = catalog.tree();
  std::uint64_t root = 0;
  for (const std::uint64_t sum : tree.sums(0, 0)) root += sum;
  CHECK(root == tree.root());
  for (std::uint8_t level = 0; level + 1 < ContentTree::levels; ++level) {
    const auto parts = tree.sums(level, ContentTree::places(level) - 1);
    std::uint64_t below = 0;
    const auto last = static_cast<std::uint32_t>(ContentTree::places(level) * ContentTree::parts - 1);
    for (const std::uint64_t sum : tree.sums(static_cast<std::uint8_t>(level + 1), last)) below += sum;
    CHECK(below == parts.back());
  }
  std::size_t slots = 0;
  for (std::uint32_t leaf = 0; leaf < ContentTree::leaves; ++leaf) slots += tree.leaf(leaf).size();
  CHECK(slots == 3000);
}

TEST_CASE("leases are counted for their holder and go with the record") {
  Catalog catalog(1);
  put(catalog, "a", entry(1, one));
  put(catalog, "b", entry(2, one));
  CHECK(catalog.tree().held_by(one).count == 2);
  const auto before = catalog.tree().held_by(one);
  put(catalog, "a", entry(3, two));
  CHECK(catalog.tree().held_by(one).count == 1);
  CHECK(catalog.tree().held_by(two).count == 1);
  put(catalog, "a", entry(1, one));
  CHECK(catalog.tree().held_by(one) == before);
  put(catalog, "a", entry(1, one), false);
  put(catalog, "b", entry(2, one), false);
  CHECK(catalog.tree().held_by(one) == peer::HeldLeases{});
  CHECK(catalog.tree().root() == 0);
}

TEST_CASE("damage to what is stored changes the root, without any new version") {
  Catalog left(1), right(1);
  put(left, "a", entry(1, one));
  Entry damaged = entry(1, one);
  model::Instance other;
  other.host_name = other.address = "10.0.0.2";
  damaged.record.registration->payload = model::pack(other);
  put(right, "a", damaged);
  CHECK(left.tree().root() != right.tree().root());
}

}  // namespace muster::core
