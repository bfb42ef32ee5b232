#include <catch2/catch.hpp>

#include "server/core/startup.hpp"

// Goal: reads open exactly when they may. Method: what the node sees of its peers, by hand, at times of our own.
namespace muster::core {
namespace {

using namespace std::chrono_literals;

Startup::View alone_among(std::size_t expected) {
  Startup::View view;
  view.expected = expected;
  return view;
}

Startup::View linked(std::size_t expected, std::size_t count, std::size_t merged, bool ready_merged = false) {
  Startup::View view = alone_among(expected);
  view.linked = count;
  view.merged = merged;
  view.ready_merged = ready_merged;
  view.empty = false;
  return view;
}

NodeState after(Startup startup, const Startup::View& view, Monotonic now) {
  startup.advance(view, now);
  return startup.state();
}

}  // namespace

TEST_CASE("a node without peers is ready at once") {
  CHECK(after(Startup(false, 0s), alone_among(0), 0s) == NodeState::ready);
}

TEST_CASE("a node waits for peers, but not for ever") {
  CHECK(after(Startup(false, 0s), alone_among(2), 2900ms) == NodeState::cold);
  CHECK(after(Startup(false, 0s), alone_among(2), 3s) == NodeState::ready);
}

TEST_CASE("the state of one ready peer is enough") {
  CHECK(after(Startup(false, 0s), linked(2, 1, 0), 10ms) == NodeState::syncing);
  CHECK(after(Startup(false, 0s), linked(2, 2, 1, true), 10ms) == NodeState::ready);
}

TEST_CASE("peers that start as well are enough together, once all are there or have had their time") {
  CHECK(after(Startup(false, 0s), linked(2, 1, 1), 10ms) == NodeState::syncing);
  CHECK(after(Startup(false, 0s), linked(2, 2, 2), 10ms) == NodeState::ready);
  CHECK(after(Startup(false, 0s), linked(2, 1, 1), 3s) == NodeState::ready);
  CHECK(after(Startup(false, 0s), linked(2, 2, 1), 60s) == NodeState::syncing);  // one is on its way
}

TEST_CASE("a node that has served and finds nothing gives its clients an interval") {
  Startup startup(true, 0s);
  startup.advance(alone_among(0), 0s);
  CHECK(startup.state() == NodeState::warming);
  startup.advance(alone_among(0), 29s);
  CHECK(startup.state() == NodeState::warming);
  SECTION("and then lists what there is") {
    startup.advance(alone_among(0), 30s);
    CHECK(startup.state() == NodeState::ready);
  }
  SECTION("unless a peer knows better") {
    startup.advance(linked(1, 1, 1, true), 29s);
    CHECK(startup.state() == NodeState::ready);
  }
}

TEST_CASE("a node that is ready stays so") {
  Startup startup(false, 0s);
  startup.advance(alone_among(0), 0s);
  startup.advance(linked(4, 1, 0), 1s);
  CHECK(startup.ready());
}

}  // namespace muster::core
