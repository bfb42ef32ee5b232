#include <algorithm>
#include <catch2/catch.hpp>
#include <numeric>
#include <optional>

#include "tests/sim/scenario_fleet.hpp"

namespace muster::sim {
namespace {

enum Delivery { register_first, renew, status, metadata, cancel, register_late, register_new };
constexpr int deliveries = 7;
constexpr core::Incarnation first_life = 1'000'000, second_life = 2'000'000;

/// What the rules say of one key, for comparison: which incarnation lives, and up to which one was cancelled.
struct Expected {
  core::Face face = core::Face::native;
  core::Incarnation live = 0;  ///< 0: none
  core::Incarnation fenced = 0;

  void registers(core::Incarnation incarnation) {
    if (incarnation <= fenced || incarnation < live) return;
    live = incarnation;
  }

  void cancels() {
    if (live == 0) return;
    // A native cancel says whom it means; Eureka's takes out whoever is there.
    if (face == core::Face::native && live > first_life) return;
    fenced = live;
    live = 0;
  }
};

core::Command command_of(Delivery delivery, core::Face face, const core::Key& key) {
  const auto dirty = [face](core::Incarnation life) {
    return face == core::Face::eureka ? std::optional(static_cast<std::int64_t>(life)) : std::nullopt;
  };
  const auto incarnation = [face](core::Incarnation life) {
    return face == core::Face::native ? std::optional(life) : std::nullopt;
  };
  const core::Incarnation life = delivery == register_new ? second_life : first_life;
  switch (delivery) {
    case register_first:
    case register_late:
    case register_new: {
      core::Register command = registration(key);
      command.face = face;
      command.incarnation = incarnation(life);
      command.dirty_ms = dirty(life);
      return command;
    }
    case renew:
      return core::Renew{key, dirty(first_life), face};
    case status:
      if (face == core::Face::native) return core::SetStatus{key, model::Status::down, first_life};
      return core::SetOverride{key, model::Status::down, "", "", std::nullopt, dirty(first_life), face};
    case metadata:
      return core::PatchMetadata{key, {{"color", "blue"}}, face};
    case cancel:
      return core::Cancel{key, incarnation(first_life), face};
  }
  return core::ReadInstance{key};
}

/// 0: it is not listed.
core::Incarnation listed(core::Node& node, const core::Key& key) {
  core::Incarnation incarnation = 0;
  if (const core::ServiceViewPtr view = node.service(key.service))
    view->for_each([&](const core::EntryPtr& entry) { incarnation = entry->record.registration->incarnation; });
  return incarnation;
}

std::string say(const std::array<int, deliveries>& order) {
  static const char* names[] = {"register", "renew", "status", "metadata", "cancel", "late register", "new register"};
  std::string text;
  for (int delivery : order) text += std::string(text.empty() ? "" : ", ") + names[delivery];
  return text;
}

/// Plays one order on a fresh node; empty when all went by the rules.
std::string play(const std::array<int, deliveries>& order, core::Face face) {
  core::Now now{Time(1h), SimClock::epoch_ms};
  core::Node node(default_settings(), now, 1);
  const core::Key key{"orders", "1"};
  const auto caller = std::make_shared<core::Caller>(core::Caller{"10.0.0.1", ""});
  Expected expected{face};
  core::RequestId id = 0;
  for (int each : order) {
    const auto delivery = static_cast<Delivery>(each);
    now.monotonic += 10ms;
    now.wall_ms += 10;
    const core::Effects effects = node.handle(core::Request{++id, caller, command_of(delivery, face, key)}, now);
    if (delivery == cancel) expected.cancels();
    if (delivery == register_first || delivery == register_late) {
      const bool refused = first_life <= expected.fenced && expected.live == 0;
      if (refused != (effects.replies.front().outcome.result == core::Result::cancelled))
        return say(order) + ": a registration of a cancelled incarnation is answered so, and no other";
      expected.registers(first_life);
    }
    if (delivery == register_new) expected.registers(second_life);
    const core::Incarnation shown = listed(node, key);
    // An equal registration is no change on the Eureka face, so the newer life shows the older one's timestamp there.
    const bool right = face == core::Face::native ? shown == expected.live : (shown != 0) == (expected.live != 0);
    if (!right)
      return say(order) + ": incarnation " + std::to_string(shown) + " is listed, not " + std::to_string(expected.live);
  }
  return {};
}

}  // namespace

// Goal: a cancel fences what is late, not what is new. Method: every order in which the writes of one life, its cancel,
// a late copy of its registration and the registration of the next life can arrive, on both faces.
TEST_CASE("a cancel raced by late writes in every order") {
  const core::Face face = GENERATE(core::Face::native, core::Face::eureka);
  std::array<int, deliveries> order{};
  std::iota(order.begin(), order.end(), 0);
  int played = 0;
  do {
    const std::string failure = play(order, face);
    if (!failure.empty()) FAIL(failure);
    ++played;
  } while (std::next_permutation(order.begin(), order.end()));
  CHECK(played == 5040);
}

// Goal: a cancel holds also when the life after it has come and gone. Method: cancel 1, register 2, let it expire, and
// only then does the late registration of 1 arrive.
TEST_CASE("a cancelled incarnation stays fenced after the next one expired") {
  World world(WorldOptions{});
  const core::Key key{"orders", "1"};
  core::Register first = registration(key, {1, 2});
  first.incarnation = first_life;
  core::Register second = first;
  second.incarnation = second_life;
  world.ask(first);
  world.ask(core::Cancel{key, first_life, core::Face::native});
  world.ask(second);
  world.run_for(5s);
  REQUIRE_FALSE(world.lists(key));
  CHECK(world.ask(first).result == core::Result::cancelled);
  CHECK_FALSE(world.lists(key));
  CHECK(world.ask(second).result == core::Result::created);  // that one was evicted, not cancelled: it may come back
}

// Goal: who registers after a cancel without naming an incarnation is new.
TEST_CASE("a registration without an incarnation after a cancel is a new life") {
  World world(WorldOptions{});
  const core::Key key{"orders", "1"};
  core::Register far_ahead = registration(key);
  far_ahead.incarnation = model::incarnation_max - 1;
  world.ask(far_ahead);
  world.ask(core::Cancel{key, std::nullopt, core::Face::native});
  CHECK(world.ask(far_ahead).result == core::Result::cancelled);
  CHECK(world.ask(registration(key)).result == core::Result::created);
  CHECK(world.lists(key));
}

// Goal: a late retransmission by its dirty timestamp is ignored for a minute, later it is a clock that stepped back.
TEST_CASE("an older dirty timestamp is ignored within 60 seconds only") {
  World world(WorldOptions{});
  const core::Key key{"orders", "1"};
  core::Register newer = registration(key, {30, 300});
  newer.face = core::Face::eureka;
  newer.dirty_ms = 2'000'000;
  core::Register older = newer;
  older.dirty_ms = 1'000'000;
  older.reported = model::Status::down;
  world.ask(newer);
  world.run_for(59s);
  CHECK(world.ask(older).result == core::Result::ignored_as_late);
  CHECK(world.visible(key) == model::Status::up);
  world.run_for(2s);
  CHECK(world.ask(older).result == core::Result::ok);
  CHECK(world.visible(key) == model::Status::down);
}

// Goal: a registration equal but for timestamps renews and is no change: revision, hash and delta stay as they are.
TEST_CASE("an equal registration is no change") {
  World world(WorldOptions{});
  const core::Key key{"orders", "1"};
  core::Register command = registration(key);
  command.face = GENERATE(core::Face::native, core::Face::eureka);
  if (command.face == core::Face::eureka) command.dirty_ms = 1'000'000;
  world.ask(command);
  const core::ServiceViewPtr before = world.core().service("orders");
  const std::uint64_t revision = world.core().registry()->revision;
  for (int i = 1; i <= 5; ++i) {
    world.run_for(20s);
    if (command.face == core::Face::eureka) command.dirty_ms = 1'000'000 + i;
    CHECK(world.ask(command).result == core::Result::unchanged);
  }
  CHECK(world.core().service("orders")->revision == before->revision);
  CHECK(world.core().service("orders")->hash == before->hash);
  CHECK(world.core().registry()->revision == revision);
  CHECK(world.lists(key));
}

}  // namespace muster::sim
