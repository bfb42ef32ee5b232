// Goal: each command does what its header promises, on its own. Method: a node on a clock that the test moves.
// Sequences, faults and races are in tests/sim.
#include "server/core/node.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

using namespace muster;
using namespace muster::core;
using namespace std::chrono_literals;

namespace {

struct World {
  static constexpr WallMs start_ms = 1'800'000'000'000;
  Now now{1000s, start_ms};
  Node node;

  explicit World(Settings settings = {}) : node(settings, now, 7) {}

  Outcome send(Command command) {
    Effects effects = node.handle(Request{1, nullptr, std::move(command)}, now);
    REQUIRE(effects.replies.size() == 1);
    return std::move(effects.replies.front().outcome);
  }

  std::vector<Fact> pass(Monotonic time) {
    std::vector<Fact> facts;
    const Monotonic until = now.monotonic + time;
    while (now.monotonic < until) {
      const Monotonic step = std::min<Monotonic>(50ms, until - now.monotonic);
      now.monotonic += step;
      now.wall_ms += step / 1ms;
      Effects effects = node.handle(Timer{}, now);
      for (Fact& fact : effects.facts) facts.push_back(std::move(fact));
    }
    return facts;
  }

  Outcome read(const std::string& id) { return send(ReadInstance{{"orders", id}}); }
};

Register registration(const std::string& id) {
  Register command;
  command.key = {"orders", id};
  model::Instance instance;
  instance.address = instance.host_name = "10.0.0.1";
  instance.vip_address = "orders,orders-v2";
  command.payload = model::pack(instance);
  return command;
}

Register eureka(const std::string& id, std::int64_t dirty_ms) {
  Register command = registration(id);
  command.face = Face::eureka;
  command.dirty_ms = dirty_ms;
  return command;
}

SetOverride drain(const std::string& id) {
  SetOverride command;
  command.key = {"orders", id};
  command.reason = "deploy";
  return command;
}

}  // namespace

TEST_CASE("a registered instance is visible everywhere at once, with the address of its lease") {
  World world;
  const Outcome outcome = world.send(registration("a"));
  CHECK(outcome.result == Result::created);
  REQUIRE(outcome.state.entry);
  CHECK(outcome.state.entry->record.registration->incarnation == static_cast<Incarnation>(World::start_ms));
  CHECK(outcome.state.expires_ms == World::start_ms + 90'000);
  CHECK(world.node.service("orders")->size == 1);
  CHECK(world.node.registry()->size == 1);
  CHECK(world.node.delta()->entries.size() == 1);
  CHECK(pick_vip(world.node.services_of_vip("orders-v2", false), "orders-v2", false).size() == 1);
  CHECK(world.node.services_of_vip("orders", true).empty());
  REQUIRE(find_id(*world.node.registry(), "a"));
  CHECK_FALSE(find_id(*world.node.registry(), "b"));
  CHECK(world.node.services()->size == 1);
  CHECK(world.node.service("other") == nullptr);
}

TEST_CASE("a lease that is not renewed ends on time, and one that is does not") {
  World world;
  world.send(registration("dead"));
  world.send(registration("alive"));
  CHECK(world.pass(60s).empty());
  CHECK(world.send(Renew{{"orders", "alive"}}).result == Result::unchanged);
  CHECK(world.read("dead").state.lease == LeaseState::late);
  CHECK(world.pass(29'900ms).empty());
  const auto facts = world.pass(300ms);
  REQUIRE(facts.size() == 1);
  CHECK(facts[0].cause == Cause::expired);
  CHECK(facts[0].key.id == "dead");
  CHECK(world.read("dead").result == Result::unknown_instance);
  CHECK(world.send(Renew{{"orders", "dead"}}).result == Result::unknown_instance);
  CHECK(world.read("alive").result == Result::ok);
}

TEST_CASE("time in which the node stood still is added to every lease") {
  World world;
  world.send(registration("a"));
  world.now.monotonic += 10min;
  CHECK(world.pass(89s).empty());
  CHECK(world.pass(2s).size() == 1);
  CHECK(world.node.counters().pauses == 1);
}

TEST_CASE("a registration equal but for timestamps renews and is no change") {
  World world;
  world.send(eureka("a", 1000));
  const auto before = world.node.service("orders");
  world.pass(50s);
  CHECK(world.read("a").state.lease == LeaseState::late);
  CHECK(world.send(eureka("a", 2000)).result == Result::unchanged);
  CHECK(world.node.service("orders")->revision == before->revision);
  CHECK(world.node.service("orders")->hash == before->hash);
  CHECK(world.read("a").state.dirty_ms == 2000);
  CHECK(world.read("a").state.lease == LeaseState::ok);
}

TEST_CASE("an older dirty timestamp is ignored for a minute, later it is a clock that stepped back") {
  World world;
  world.send(eureka("a", 2000));
  Register older = eureka("a", 1000);
  older.reported = Status::down;
  world.pass(59s);
  CHECK(world.send(older).result == Result::ignored_as_late);
  CHECK(world.read("a").state.entry->visible == Status::up);
  world.pass(2s);
  CHECK(world.send(older).result == Result::ok);
  CHECK(world.read("a").state.entry->visible == Status::down);
}

TEST_CASE("heartbeats compare dirty timestamps as Eureka does") {
  World world;
  world.send(eureka("a", 2000));
  CHECK(world.send(Renew{{"orders", "a"}, 2000, Face::eureka}).result == Result::unchanged);
  CHECK(world.send(Renew{{"orders", "a"}, 2001, Face::eureka}).result == Result::client_is_newer);
  CHECK(world.send(Renew{{"orders", "a"}, 1999, Face::eureka}).result == Result::client_is_older);
  Register unknown = eureka("a", 3000);
  unknown.reported = Status::unknown;
  world.send(unknown);
  CHECK(world.send(Renew{{"orders", "a"}, 3000, Face::eureka}).result == Result::unknown_status);
  CHECK(world.send(Renew{{"orders", "a"}, {}, Face::native}).result == Result::unchanged);
}

TEST_CASE("a cancel fences its incarnation, not the next") {
  World world;
  Register first = registration("a");
  first.incarnation = 5;
  world.send(first);
  CHECK(world.send(Cancel{{"orders", "a"}, Incarnation{4}}).result == Result::ignored_as_late);
  CHECK(world.send(Cancel{{"orders", "a"}}).result == Result::ok);
  CHECK(world.send(first).result == Result::cancelled);
  CHECK(world.send(Renew{{"orders", "a"}}).result == Result::cancelled);
  CHECK(world.send(SetStatus{{"orders", "a"}, Status::up}).result == Result::cancelled);
  Register next = registration("a");
  next.incarnation = 6;
  CHECK(world.send(next).result == Result::created);
  CHECK(world.send(first).result == Result::ignored_as_late);
  CHECK(world.send(Cancel{{"orders", "b"}}).result == Result::unknown_instance);
}

TEST_CASE("a slot with a cleared override is kept while it is remembered, also when its change leaves the log") {
  Settings settings;
  settings.tombstone_retention = 60s;
  World world(settings);
  world.send(registration("a"));
  world.send(drain("a"));
  world.send(Cancel{{"orders", "a"}});
  world.pass(150s);  // the tombstone is forgotten, the override is not, and the change is still in the log
  world.send(ClearOverride{{"orders", "a"}, std::nullopt, Face::native});
  world.pass(40s);  // the change has left the log
  const Snapshot snapshot = world.node.snapshot();
  REQUIRE(snapshot.state.dead.size() == 1);
  CHECK(snapshot.state.dead.front()->record.override_);
  world.send(registration("a"));
  CHECK(world.read("a").result == Result::ok);
}

TEST_CASE("a registration that names no incarnation is new after a cancel") {
  World world;
  world.send(registration("a"));
  world.send(Cancel{{"orders", "a"}});
  const Outcome again = world.send(registration("a"));
  CHECK(again.result == Result::created);
  CHECK(again.state.entry->record.registration->incarnation == static_cast<Incarnation>(World::start_ms) + 1);
}

TEST_CASE("on the Eureka face the fence of a cancel lasts a minute: dirty timestamps are clock values") {
  World world;
  world.send(eureka("a", 1000));
  world.send(Cancel{{"orders", "a"}, {}, Face::eureka});
  CHECK(world.send(eureka("a", 1000)).result == Result::cancelled);
  CHECK(world.send(eureka("a", 1001)).result == Result::created);
  world.send(Cancel{{"orders", "a"}, {}, Face::eureka});
  world.pass(61s);
  CHECK(world.send(eureka("a", 1000)).result == Result::created);
}

TEST_CASE(
    "a drain shows at once, survives re-registration and the record, and undraining gives back what is reported") {
  World world;
  world.send(registration("a"));
  CHECK(world.send(drain("a")).state.entry->visible == Status::out_of_service);
  Register changed = registration("a");
  changed.lease.duration_s = 60;
  world.send(changed);
  CHECK(world.read("a").state.entry->visible == Status::out_of_service);
  world.send(Cancel{{"orders", "a"}});
  CHECK(world.node.dormant_overrides().size() == 1);
  world.send(registration("a"));
  CHECK(world.node.dormant_overrides().empty());
  CHECK(world.read("a").state.entry->visible == Status::out_of_service);
  CHECK(world.send(ClearOverride{{"orders", "a"}}).state.entry->visible == Status::up);
}

TEST_CASE("a drain with a time to live ends by itself, with or without a record") {
  World world;
  world.send(registration("a"));
  SetOverride command = drain("a");
  command.ttl = 20s;
  world.send(command);
  CHECK(world.pass(19'900ms).empty());
  const auto facts = world.pass(300ms);
  REQUIRE(facts.size() == 1);
  CHECK(facts[0].cause == Cause::undrained);
  CHECK(world.read("a").state.entry->visible == Status::up);
  world.send(command);
  world.send(Cancel{{"orders", "a"}});
  world.pass(21s);
  CHECK(world.node.dormant_overrides().empty());
}

TEST_CASE("an override of the Eureka face ends with the cancel") {
  World world;
  world.send(eureka("a", 1000));
  SetOverride command = drain("a");
  command.face = Face::eureka;
  world.send(command);
  world.send(Cancel{{"orders", "a"}, {}, Face::eureka});
  CHECK(world.node.dormant_overrides().empty());
  world.send(eureka("a", 1001));
  CHECK(world.read("a").state.entry->visible == Status::up);
}

TEST_CASE("patched metadata lies over the payload's, survives re-registration and ends with the record") {
  World world;
  world.send(registration("a"));
  world.send(PatchMetadata{{"orders", "a"}, {{"colour", "blue"}, {"size", std::nullopt}}});
  Register changed = registration("a");
  changed.reported = Status::down;
  world.send(changed);
  REQUIRE(world.read("a").state.entry->record.overlay);
  CHECK(world.read("a").state.entry->record.overlay->at("colour").value == "blue");
  CHECK_FALSE(world.read("a").state.entry->record.overlay->at("size").value);
  world.send(Cancel{{"orders", "a"}});
  world.send(registration("a"));
  CHECK_FALSE(world.read("a").state.entry->record.overlay);
}

TEST_CASE("limits refuse what is new and name themselves") {
  Settings settings;
  settings.limits.instances = 2;
  settings.limits.services = 1;
  settings.limits.overlay_entries = 1;
  World world(settings);
  world.send(registration("a"));
  Register other = registration("b");
  other.key.service = "other";
  CHECK(world.send(other).limit == "limits.services");
  world.send(registration("b"));
  CHECK(world.send(registration("c")).limit == "limits.instances");
  CHECK(world.send(registration("a")).result == Result::unchanged);
  CHECK(world.send(PatchMetadata{{"orders", "a"}, {{"x", "1"}, {"y", "2"}}}).limit == "limits.overlay_entries");
  CHECK_FALSE(world.read("a").state.entry->record.overlay);
}

TEST_CASE("doubled leases are a switch: two durations after a renewal, one before") {
  Settings settings;
  settings.lease.doubled = true;
  World world(settings);
  world.send(registration("once"));
  world.send(registration("twice"));
  world.send(Renew{{"orders", "twice"}});
  world.pass(90'200ms);
  CHECK(world.read("once").result == Result::unknown_instance);
  CHECK(world.read("twice").result == Result::ok);
  world.pass(89'700ms);
  CHECK(world.read("twice").result == Result::ok);
  world.pass(500ms);
  CHECK(world.read("twice").result == Result::unknown_instance);
}

TEST_CASE("tombstones are forgotten after their retention, and services with them") {
  World world;
  world.send(registration("a"));
  world.send(Cancel{{"orders", "a"}});
  CHECK(world.node.gauges().tombstones == 1);
  world.pass(599s);
  CHECK(world.node.gauges().tombstones == 1);
  world.pass(2s);
  CHECK(world.node.gauges().tombstones == 0);
  CHECK(world.node.gauges().services == 0);
}

TEST_CASE("marks change neither revision nor hash, and are told beside them") {
  World world;
  world.send(registration("a"));
  const auto before = world.node.service("orders");
  world.pass(50s);
  const auto after = world.node.service("orders");
  CHECK(after->revision == before->revision);
  CHECK(after->hash == before->hash);
  CHECK(after->marks_revision > before->marks_revision);
  CHECK(after->marks.at("a") == LeaseState::late);
}

TEST_CASE("changes of a service carry their causes and lead a reader from any revision") {
  World world;
  const auto first = world.send(registration("a"));
  const auto revision = world.node.service("orders")->revision;
  const auto hash = world.node.service("orders")->hash;
  world.send(registration("b"));
  world.send(drain("a"));
  world.send(ClearOverride{{"orders", "a"}});
  world.send(Cancel{{"orders", "b"}});
  CHECK(world.node.revision_of("orders", hash) == world.node.service("orders")->revision);
  const auto changes = world.node.changes("orders", revision);
  REQUIRE(changes);
  REQUIRE(changes->size() == 2);
  CHECK((*changes)[0].cause == Cause::undrained);
  CHECK((*changes)[0].entry->visible == Status::up);
  CHECK((*changes)[1].cause == Cause::cancelled);
  CHECK((*changes)[1].entry->id == "b");
  CHECK((*changes)[1].hash == hash);
  CHECK(world.node.changes("orders", (*changes)[1].revision)->empty());
}

TEST_CASE("a drain of a live instance is never refused; where no more can wait, one ends with its record") {
  Settings settings;
  settings.limits.dormant_overrides = 1;
  World world(settings);
  for (const std::string id : {"a", "b"}) {
    world.send(registration(id));
    CHECK(world.send(drain(id)).result == Result::ok);
    world.send(Cancel{{"orders", id}});
  }
  REQUIRE(world.node.dormant_overrides().size() == 1);
  CHECK(world.node.dormant_overrides().front().key.id == "a");
  world.send(registration("b"));
  CHECK(world.read("b").state.entry->visible == Status::up);
  CHECK(world.send(drain("b")).result == Result::ok);
  world.pass(25h);
  CHECK(world.node.dormant_overrides().empty());
}

TEST_CASE("a drain keeps the end that it was given over a restart of its instance") {
  World world;
  world.send(registration("a"));
  SetOverride command = drain("a");
  command.ttl = 48h;
  world.send(command);
  world.send(Cancel{{"orders", "a"}});
  Register again = registration("a");
  again.lease = {20'000u, 80'000u};
  world.send(again);
  for (int hour = 0; hour < 47; hour += 10) {
    world.pass(10h);
    if (hour < 40) CHECK(world.read("a").state.entry->visible == Status::out_of_service);
    world.send(Renew{{"orders", "a"}});
  }
  CHECK(world.read("a").state.entry->visible == Status::up);
}

TEST_CASE("removing metadata that nobody set does not use up the room for patches") {
  Settings settings;
  settings.limits.overlay_entries = 2;
  World world(settings);
  world.send(registration("a"));
  for (const std::string key : {"p", "q", "r", "s"})
    CHECK(world.send(PatchMetadata{{"orders", "a"}, {{key, std::nullopt}}}).result == Result::ok);
  CHECK(world.send(PatchMetadata{{"orders", "a"}, {{"x", "1"}, {"y", "2"}}}).result == Result::ok);
  CHECK(world.send(PatchMetadata{{"orders", "a"}, {{"z", "3"}}}).limit == "limits.overlay_entries");
}

TEST_CASE("changes that had to go before their time make the delta list everything") {
  Settings settings;
  settings.limits.changes = 8;
  World world(settings);
  for (const std::string id : {"a", "b"}) world.send(registration(id));
  world.send(Cancel{{"orders", "b"}});
  for (int i = 0; i < 100; ++i) world.send(PatchMetadata{{"orders", "a"}, {{"k", std::to_string(i)}}});
  CHECK(world.node.delta()->entries.size() == 2);  // one instance that changes often pushes nothing out
  for (int i = 0; i < 20; ++i) world.send(registration("n" + std::to_string(i)));
  const auto delta = world.node.delta();
  CHECK(delta->entries.size() == 22);
  CHECK(std::count_if(delta->entries.begin(), delta->entries.end(),
                      [](const EntryPtr& entry) { return entry->action == Action::deleted; }) == 1);
  CHECK(world.node.gauges().changes <= 8);
  for (int i = 0; i < 4; ++i) {
    world.pass(50s);
    world.send(Renew{{"orders", "a"}});
    for (int n = 0; n < 20; ++n) world.send(Renew{{"orders", "n" + std::to_string(n)}});
  }
  CHECK(world.node.delta()->entries.empty());
}
