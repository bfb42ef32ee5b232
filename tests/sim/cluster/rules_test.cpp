#include <catch2/catch.hpp>

#include <functional>
#include <stdexcept>
#include <string>

#include "server/core/rules.hpp"
#include "tests/sim/cluster/fleet.hpp"

// Goal: no rule of rules.hpp is there for nothing, and no scenario passes by chance. Method: each rule has a scenario
// that holds with it and fails in one run without it. This build alone can switch rules off.
namespace muster::sim {
namespace {

struct Broken : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// What a scenario promises; what it needs for that is required, and does not count as broken.
void demand(bool holds, const char* what) {
  if (!holds) throw Broken(what);
}

void require(bool holds, const char* what) {
  if (!holds) throw std::logic_error(what);
}

WireOptions losing(unsigned permille) {
  WireOptions wire;
  wire.loss_permille = permille;
  return wire;
}

/// Nodes that can remember one tombstone only, with five long leases that all know of.
ClusterOptions forgetful() {
  ClusterOptions options;
  options.settings.limits.tombstones = 1;
  return options;
}

void register_five(Fleet& fleet) {
  for (int i = 0; i < 5; ++i) fleet.cluster.machine(0).ask(registration(std::to_string(i), 1, 600, 3000));
  fleet.cluster.run_for(1s);
}

void cut_off(Fleet& fleet, std::size_t node) {
  fleet.cut_off(node);
  fleet.cluster.run_for(5s);
}

void a_lost_change_is_fetched() {
  Fleet fleet;
  fleet.cluster.set_wire(losing(1000));
  fleet.cluster.machine(0).ask(registration("lost"));
  fleet.cluster.run_for(10ms);
  fleet.cluster.set_wire({});
  fleet.cluster.machine(0).ask(registration("next"));
  fleet.cluster.run_for(3s);
  demand(fleet.listed_by_all("lost"), "a change that was lost on the way stayed lost");
}

void both_sides_forget() {
  Fleet fleet(forgetful());
  register_five(fleet);
  cut_off(fleet, 2);
  for (const char* id : {"0", "1"}) fleet.cluster.machine(0).ask(cancel(id));
  for (const char* id : {"2", "3"}) fleet.cluster.machine(2).ask(cancel(id));
  fleet.cluster.run_for(5s);
  fleet.cluster.heal_all();
  fleet.cluster.run_for(5s);
  for (const char* id : {"0", "1", "2", "3"}) demand(fleet.listed_by_none(id), "what one side deleted came back");
  demand(fleet.listed_by_all("4"), "what nobody deleted is gone");
}

void one_was_away() {
  Fleet fleet(forgetful());
  register_five(fleet);
  cut_off(fleet, 2);
  for (const char* id : {"0", "1", "2"}) fleet.cluster.machine(1).ask(cancel(id));
  fleet.cluster.run_for(5s);
  fleet.cluster.heal_all();
  fleet.cluster.run_for(5s);
  for (const char* id : {"0", "1", "2"}) demand(fleet.listed_by_none(id), "who was away still lists what is deleted");
}

void what_was_forgotten_is_passed_on() {
  Fleet fleet(forgetful());
  register_five(fleet);
  cut_off(fleet, 2);
  for (const char* id : {"0", "1", "2"}) fleet.cluster.machine(0).ask(cancel(id));
  fleet.cluster.run_for(1s);
  fleet.cluster.machine(1).kill();  // it comes back without what it had forgotten itself
  fleet.cluster.run_for(1s);
  fleet.cluster.machine(1).start();
  fleet.cluster.run_for(2s);
  fleet.cluster.machine(0).kill();
  fleet.cluster.heal_all();
  fleet.cluster.run_for(5s);
  demand(fleet.cluster.node(2).registry()->size == 2, "who was away still lists what is deleted");
}

void a_write_waits_in_a_frozen_node() {
  Fleet fleet;
  fleet.cluster.machine(0).ask(registration("a", 1, 600, 3000));
  fleet.cluster.run_for(1s);
  fleet.cluster.machine(1).pause();
  core::Register late = registration("a", 1, 600, 3000);
  late.reported = model::Status::starting;
  fleet.cluster.machine(1).ask(late);
  fleet.cluster.machine(0).ask(cancel("a"));
  fleet.cluster.run_for(15min);  // longer than a tombstone is kept when all know of it
  fleet.cluster.machine(1).resume();
  fleet.cluster.run_for(3s);
  demand(fleet.listed_by_none("a"), "a write that came late undid a cancel");
}

void nobody_reaches_a_node() {
  Fleet fleet;
  for (int i = 0; i < 4; ++i) fleet.tenant(std::to_string(i), static_cast<std::size_t>(1 + i % 2));
  fleet.cluster.run_for(10s);
  cut_off(fleet, 0);
  fleet.cluster.run_for(120s);
  demand(fleet.cluster.node(0).registry()->size == 4, "who is cut off evicted what the others hold");
}

void a_lease_moves_unseen() {
  ClusterOptions options;
  options.machines = 5;
  Fleet fleet(options);
  Tenant& tenant = fleet.tenant("a", 0);
  fleet.cluster.run_for(10s);
  for (std::size_t left : {0u, 1u, 2u})
    for (std::size_t right : {3u, 4u}) fleet.cluster.cut_both(left, right);
  fleet.cluster.run_for(4s);
  tenant.move(3);
  fleet.cluster.run_for(60s);  // the larger side has evicted it, the other renews it
  require(!lists(fleet.cluster.machine(0), key("a")), "the larger side did not evict what it does not hear of");
  require(lists(fleet.cluster.machine(3), key("a")), "the smaller side lost what renews there");
  tenant.die();  // or its next heartbeat would register it again
  fleet.cluster.heal_all();
  fleet.cluster.run_for(3s);
  demand(fleet.listed_by_all("a"), "an eviction beat a move that it had not seen");
}

void the_same_incarnation_comes_back() {
  Fleet fleet;
  core::Register first = registration("a");
  first.incarnation.reset();
  first.face = core::Face::eureka;
  first.dirty_ms = 1000;
  fleet.cluster.machine(0).ask(first);
  fleet.cluster.machine(0).ask(core::Cancel{key("a"), std::nullopt, core::Face::eureka});
  fleet.cluster.run_for(90s);  // a late retransmission is not that late
  fleet.cluster.machine(0).ask(first);
  fleet.cluster.run_for(1s);
  demand(fleet.listed_by_all("a"), "who registered after the cancel is not listed");
}

/// A frozen node takes a registration of the old life once the new one goes on elsewhere, and can speak with only one
/// of those that know both.
void an_old_life_is_written_late() {
  Fleet fleet;
  fleet.cluster.machine(1).ask(registration("a", 1, 600, 3000));
  fleet.cluster.run_for(1s);
  fleet.cluster.machine(0).pause();
  core::Register late = registration("a", 1, 600, 3000);
  late.reported = model::Status::starting;
  fleet.cluster.machine(0).ask(late);
  fleet.cluster.machine(1).ask(cancel("a"));
  fleet.cluster.machine(1).ask(registration("a", 2, 600, 3000));
  fleet.cluster.run_for(10s);
  fleet.cluster.machine(1).kill();
  fleet.cluster.machine(0).resume();
  fleet.cluster.run_for(5s);
  for (const std::size_t i : {0u, 2u}) {
    const auto found = fleet.cluster.machine(i).ask(core::ReadInstance{key("a")});
    demand(found->state.entry && found->state.entry->record.registration->incarnation == 2,
           "a late write of an earlier life hides the one that followed");
  }
}

void only_one_hears_a_node() {
  Fleet fleet;
  for (int i = 0; i < 4; ++i) fleet.tenant(std::to_string(i), 0);
  fleet.cluster.run_for(10s);
  fleet.cluster.cut_both(0, 2);  // node 1 hears both
  fleet.cluster.run_for(120s);
  demand(fleet.cluster.evictions() == 0, "what renews at a node that another one hears was evicted");
}

void a_side_evicts_what_renews_at_the_other() {
  Fleet fleet;
  Tenant& tenant = fleet.tenant("a", 0);
  fleet.cluster.run_for(10s);
  cut_off(fleet, 0);
  fleet.cluster.run_for(60s);
  require(!lists(fleet.cluster.machine(1), key("a")), "the larger side did not evict what it does not hear of");
  tenant.stop_registering();
  fleet.cluster.heal_all();
  fleet.cluster.run_for(3s);
  demand(fleet.listed_by_all("a"), "who renewed all the time was evicted by those who did not hear of it");
}

/// The holder has lost a record and does not know; its client died meanwhile. The others must not believe in it for
/// ever.
void a_holder_forgets_a_lease() {
  const bool mends = core::stands(core::Rule::scrub_mends);
  core::broken_rules[static_cast<std::size_t>(core::Rule::scrub_mends)] = true;
  Fleet fleet;
  fleet.cluster.machine(0).ask(registration("a"));
  fleet.cluster.run_for(1s);
  fleet.cluster.node(0).corrupt(key("a"));
  fleet.cluster.run_for(90s);
  core::broken_rules[static_cast<std::size_t>(core::Rule::scrub_mends)] = !mends;
  demand(fleet.listed_by_none("a"), "a dead instance stayed because its holder beacons without knowing it");
}

void a_node_lost_a_record() {
  Fleet fleet;
  for (int i = 0; i < 9; ++i) fleet.tenant(std::to_string(i), static_cast<std::size_t>(i % 3));
  fleet.cluster.run_for(10s);
  fleet.cluster.node(1).corrupt(key("0"));
  fleet.cluster.node(1).corrupt(key("5"));
  fleet.cluster.run_for(4s);
  demand(fleet.listed_by_all("0") && fleet.listed_by_all("5"), "what one node lost was not given back by the others");
}

/// Its clock was ahead, is set right while it is down, and its snapshots are lost: the next write at it is the later
/// one.
void a_clock_is_set_right_over_a_restart() {
  Fleet fleet;
  fleet.cluster.machine(0).clock().step_wall(1h);
  fleet.cluster.machine(0).ask(registration("a", 1, 600, 3000));
  fleet.cluster.run_for(1s);
  cut_off(fleet, 0);
  fleet.cluster.machine(0).kill();
  fleet.cluster.machine(0).clock().step_wall(-1h);
  fleet.cluster.machine(0).start(DiskFate::lost);
  fleet.cluster.run_for(5s);
  core::Register again = registration("a", 1, 600, 3000);
  again.reported = model::Status::starting;
  fleet.cluster.machine(0).ask(again);
  fleet.cluster.run_for(1s);
  fleet.cluster.heal_all();
  fleet.cluster.run_for(5s);
  const auto found = fleet.cluster.machine(1).ask(core::ReadInstance{key("a")});
  demand(found->state.entry && found->state.entry->record.registration->reported == model::Status::starting,
         "a write was beaten by one that its client had made before it");
}

/// A drain is made longer at one side while the other, which has not heard of that, sees the shorter one run out.
void an_old_end_meets_a_longer_drain() {
  Fleet fleet;
  fleet.cluster.machine(0).ask(registration("a", 1, 600, 3000));
  core::SetOverride drain;
  drain.key = key("a");
  drain.ttl = 60s;
  fleet.cluster.machine(0).ask(drain);
  fleet.cluster.run_for(1s);
  cut_off(fleet, 2);
  drain.ttl = 1h;
  fleet.cluster.machine(0).ask(drain);
  fleet.cluster.run_for(90s);
  fleet.cluster.heal_all();
  fleet.cluster.run_for(5s);
  for (const std::size_t i : {0u, 1u, 2u}) {
    const auto found = fleet.cluster.machine(i).ask(core::ReadInstance{key("a")});
    demand(found->state.entry && found->state.entry->visible == model::Status::out_of_service,
           "the end of a drain took a later one with it");
  }
}

struct Case {
  core::Rule rule;
  const char* name;
  std::function<void()> scenario;
  bool alone = false;  ///< comparing would mend what the rule keeps whole
};

const Case cases[] = {
    {core::Rule::no_gaps, "no_gaps", a_lost_change_is_fetched, true},
    {core::Rule::deleted_stays, "deleted_stays", both_sides_forget},
    {core::Rule::floors, "floors", one_was_away},
    {core::Rule::whole_state_drops, "whole_state_drops", one_was_away},
    {core::Rule::floors_travel, "floors_travel", what_was_forgotten_is_passed_on},
    {core::Rule::forget_when_all_know, "forget_when_all_know", a_write_waits_in_a_frozen_node, true},
    {core::Rule::isolated_keeps, "isolated_keeps", nobody_reaches_a_node},
    {core::Rule::move_beats_eviction, "move_beats_eviction", a_lease_moves_unseen},
    {core::Rule::in_sight_lives, "in_sight_lives", the_same_incarnation_comes_back},
    {core::Rule::later_life_wins, "later_life_wins", an_old_life_is_written_late},
    {core::Rule::ends_what_it_saw, "ends_what_it_saw", an_old_end_meets_a_longer_drain},
    {core::Rule::ticks_travel, "ticks_travel", only_one_hears_a_node},
    {core::Rule::holder_defends, "holder_defends", a_side_evicts_what_renews_at_the_other},
    {core::Rule::sums_match, "sums_match", a_holder_forgets_a_lease},
    {core::Rule::clock_mark, "clock_mark", a_clock_is_set_right_over_a_restart},
    {core::Rule::scrub_mends, "scrub_mends", a_node_lost_a_record},
};

}  // namespace

TEST_CASE("each rule has a scenario that fails without it") {
  CHECK(std::size(cases) == static_cast<std::size_t>(core::Rule::count));
  for (const Case& each : cases) {
    INFO(each.name);
    CHECK_NOTHROW(each.scenario());
    bool& scrub = core::broken_rules[static_cast<std::size_t>(core::Rule::scrub_mends)];
    bool& broken = core::broken_rules[static_cast<std::size_t>(each.rule)];
    scrub = each.alone;
    broken = true;
    CHECK_THROWS_AS(each.scenario(), Broken);
    broken = false;
    scrub = false;
  }
}

}  // namespace muster::sim
