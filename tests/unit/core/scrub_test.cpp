#include <catch2/catch.hpp>

#include <memory>
#include <string>

#include "server/core/catalog.hpp"
#include "server/core/scrub.hpp"

// Goal: what was gathered for one peer never goes to another. Method: a comparison that its peer does not live to end.
namespace muster::core {
namespace {

using namespace std::chrono_literals;

constexpr model::Origin a{1, 1}, b{2, 1}, c{3, 1};

struct Store final : Scrub::Store {
  const ContentTree& tree() const override { return catalog.tree(); }
  Mended mend(const peer::KeyedRecord&) override { return {}; }
  bool comparable(const model::Origin&) const override { return true; }
  void compared(const model::Origin&, Monotonic) override { ++comparisons; }

  Catalog catalog{1};
  int comparisons = 0;
};

void put(Catalog& catalog, const std::string& id) {
  model::Instance instance;
  instance.host_name = instance.address = "10.0.0.1";
  Slot& slot = catalog.slot({"orders", id});
  auto entry = std::make_shared<Entry>();
  entry->service = slot.service->name;
  entry->id = id;
  entry->record.registration = Registration{{1, a}, 1, 1, model::pack(instance), {}, {}, 0};
  entry->record.holder = {{1, a}, a};
  catalog.replace(slot, entry, true);
}

/// What a node answers that has nothing.
peer::Digests answer_of_nobody(const peer::DigestAsk& ask) {
  peer::Digests out{ask.scrub, ask.level, ask.places, {}};
  out.sums.assign(ask.places.size() * ContentTree::parts, 0);
  return out;
}

}  // namespace

TEST_CASE("what was gathered for a peer goes with it") {
  Store store;
  Outbox outbox;
  Membership membership(a, outbox);
  Scrub scrub(store, outbox, membership);
  for (int i = 0; i < 200; ++i) put(store.catalog, std::to_string(i));  // more leaves than one ask names
  membership.up(b, true, 1s);
  scrub.want(b);
  scrub.pass_time(1s);
  // Down to the leaves with a peer that has nothing; it dies after the first leaves.
  bool at_leaves = false;
  while (!at_leaves) {
    const auto messages = outbox.take();
    REQUIRE(messages.size() == 1);
    const auto& ask = std::get<peer::DigestAsk>(messages.front().message);
    at_leaves = ask.level == ContentTree::levels;
    if (at_leaves)
      scrub.receive(b, peer::LeafDigests{ask.scrub, ask.places, {}}, 1s);
    else
      scrub.receive(b, answer_of_nobody(ask), 1s);
  }
  outbox.take();
  scrub.down(b);
  membership.down(b);

  membership.up(c, true, 1s);
  scrub.want(c);
  scrub.pass_time(2s);
  const auto messages = outbox.take();
  REQUIRE(messages.size() == 1);
  const auto& ask = std::get<peer::DigestAsk>(messages.front().message);
  peer::Digests same{ask.scrub, ask.level, ask.places, {}};
  for (const std::uint64_t sum : store.catalog.tree().sums(0, 0)) same.sums.push_back(sum);
  scrub.receive(c, same, 2s);
  CHECK(store.comparisons == 1);
  CHECK(outbox.take().empty());
}

}  // namespace muster::core
