#include <catch2/catch.hpp>

#include <utility>

#include "proto/peer/encode.hpp"
#include "server/core/membership.hpp"

// Goal: a beacon says what changed and no more, whatever is lost; and a node is heard on any path. Method: the beacons
// of one node are handed to another, or not.
namespace muster::core {
namespace {

using namespace std::chrono_literals;

constexpr model::Origin a{1, 10}, b{2, 20}, c{3, 30};

/// One node's membership with what it says.
struct Side {
  explicit Side(model::Origin self) : origin(self), membership(self, outbox) {}

  OwnState own() const { return {known, 0, {}, true}; }
  /// The beacons of one round, by addressee.
  std::map<model::Origin, peer::Beacon> round(Monotonic now) {
    membership.pass_time(own(), expected, now);
    std::map<model::Origin, peer::Beacon> out;
    for (Outgoing& message : outbox.take()) out[*message.to] = std::get<peer::Beacon>(std::move(message.message));
    return out;
  }

  model::Origin origin;
  Outbox outbox;
  Membership membership;
  model::VersionVector known;
  std::size_t expected = 0;
};

void link(Side& one, Side& other) {
  one.membership.up(other.origin, true, 1s);
  other.membership.up(one.origin, true, 1s);
}

}  // namespace

TEST_CASE("after the first beacon only changes are said") {
  Side left(a), right(b);
  link(left, right);
  for (std::uint64_t boot = 1; boot <= 100; ++boot) left.known.raise({9, boot}, boot);
  auto beacon = left.round(2s).at(b);
  CHECK(beacon.known.clocks().size() == 100);
  const Membership::Member* seen = right.membership.take(a, beacon, 2s);
  REQUIRE(seen);
  CHECK(seen->understood);

  beacon = left.round(3s).at(b);
  CHECK(beacon.known.clocks().empty());
  CHECK(peer::encode(beacon).size() < 60);  // however many boots there were

  left.known.raise(a, 7);
  beacon = left.round(4s).at(b);
  CHECK(beacon.known.clocks().size() == 1);
  CHECK(right.membership.take(a, beacon, 4s)->said == left.known);
}

TEST_CASE("who missed a beacon asks for everything and gets it") {
  Side left(a), right(b);
  link(left, right);
  right.membership.take(a, left.round(2s).at(b), 2s);
  left.known.raise(a, 7);
  left.round(3s);  // lost
  const auto* seen = right.membership.take(a, left.round(4s).at(b), 4s);
  CHECK_FALSE(seen->understood);
  const auto answer = right.round(4s).at(a);
  CHECK(answer.repeat);
  left.membership.take(b, answer, 4s);
  const auto whole = left.round(5s).at(b);
  CHECK(whole.whole);
  seen = right.membership.take(a, whole, 5s);
  CHECK(seen->understood);
  CHECK(seen->said == left.known);
}

TEST_CASE("a doubled or overtaken beacon says nothing") {
  Side left(a), right(b);
  link(left, right);
  const auto first = left.round(2s).at(b);
  const auto second = left.round(3s).at(b);
  CHECK(right.membership.take(a, second, 3s));
  CHECK_FALSE(right.membership.take(a, first, 3s));
  CHECK_FALSE(right.membership.take(a, second, 3s));
}

TEST_CASE("a node is heard through another one, and its silence as well") {
  Side far(a), middle(b), near(c);
  link(far, middle);
  link(middle, near);
  const auto pass = [&](Monotonic now, bool far_speaks) {
    const auto from_far = far.round(now);
    if (far_speaks) middle.membership.take(a, from_far.at(b), now);
    near.membership.take(b, middle.round(now).at(c), now);
  };
  pass(2s, true);
  CHECK(near.membership.hears(a.node, 2s));
  CHECK(near.membership.confirmed(a) == 2s);
  pass(3s, true);
  CHECK(near.membership.confirmed(a) == 3s);
  for (Monotonic now = 4s; now <= 8s; now += 500ms) pass(now, false);
  CHECK_FALSE(near.membership.hears(a.node, 8s));
  CHECK(near.membership.confirmed(a) <= 3s);  // an old tick renews nothing
}

TEST_CASE("a late beacon of a boot that is over says nothing of the one after it") {
  Side far_before(a), middle(b), near(c);
  const model::Origin again{a.node, a.boot + 1};
  Side far_after(again);
  link(far_before, near);
  for (Monotonic now = 2s; now < 20s; now += 500ms) far_before.round(now);
  const auto late = far_before.round(20s).at(c);  // it lies in a socket meanwhile
  link(far_after, middle);
  link(middle, near);
  middle.membership.take(again, far_after.round(21s).at(b), 21s);
  near.membership.take(b, middle.round(21s).at(c), 21s);
  CHECK_FALSE(near.membership.take(a, late, 21s));
  near.membership.down(a);
  middle.membership.take(again, far_after.round(22s).at(b), 22s);
  near.membership.take(b, middle.round(22s).at(c), 22s);
  CHECK(near.membership.confirmed(again) == 22s);
  CHECK_FALSE(near.membership.find(again)->linked);
}

TEST_CASE("whoever hears less than half of the others is isolated") {
  Side node(a);
  CHECK_FALSE(node.membership.isolated(0, 1s));
  CHECK(node.membership.isolated(2, 1s));
  node.membership.up(b, true, 1s);
  CHECK_FALSE(node.membership.isolated(2, 1s));
  CHECK(node.membership.isolated(4, 1s));
  CHECK(node.membership.isolated(2, 4s));  // nothing came since
}

TEST_CASE("a node that cannot start again as the same is remembered for an hour, since it may have been cut off") {
  Side node(a);
  node.membership.up(b, false, 1s);
  node.membership.up(c, true, 1s);
  node.membership.down(b);
  node.membership.down(c);
  node.round(50min);
  CHECK(node.membership.members().contains(b.node));
  node.round(61min);
  CHECK_FALSE(node.membership.members().contains(b.node));
  CHECK(node.membership.members().contains(c.node));
}

TEST_CASE("a node that another one has replaced is forgotten after a while") {
  Side node(a);
  node.expected = 1;
  node.membership.up(b, true, 1s);
  node.membership.down(b);
  node.round(90s);
  CHECK(node.membership.members().contains(b.node));  // nobody is there instead of it
  node.membership.up(c, true, 90s);
  node.round(91s);
  CHECK_FALSE(node.membership.members().contains(b.node));
  CHECK(node.membership.members().contains(c.node));
}

}  // namespace muster::core
