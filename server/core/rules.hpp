#pragma once

#include <cstddef>

namespace muster::core {

/// Rules that keep a cluster safe. Each has a scenario that fails without it (tests/sim/cluster/rules_test.cpp); for
/// that one build of the tests can switch them off. In every other build they stand, and asking costs nothing.
enum class Rule {
  no_gaps,               ///< a version vector never advances across a gap
  deleted_stays,         ///< what is known and not here was deleted, and is not taken back
  floors,                ///< who knows less than what was forgotten gets the whole state
  whole_state_drops,     ///< what the sender of a whole state knew of and did not send is dropped
  floors_travel,         ///< whoever gets a state forgets what its sender has forgotten
  forget_when_all_know,  ///< a delete is remembered until every peer knows of it
  isolated_keeps,        ///< who is cut off from most peers evicts nothing
  move_beats_eviction,   ///< an eviction does not take out what has moved since
  in_sight_lives,        ///< a registration lives that was accepted in sight of the end before it
  later_life_wins,       ///< a registration of an earlier life does not hide the life that followed
  ticks_travel,          ///< a node is heard while anybody that we hear hears it
  holder_defends,        ///< whoever renews a lease takes it back from an eviction that had not heard of it
  sums_match,            ///< beacons renew only what both sides say that their sender holds
  clock_mark,            ///< versions stay above those of earlier boots whatever the wall clock does
  scrub_mends,           ///< registries that differ although they know the same are compared and mended
  count,
};

#ifdef MUSTER_RULES_CAN_BREAK
inline bool broken_rules[static_cast<std::size_t>(Rule::count)] = {};
inline bool stands(Rule rule) {
  return !broken_rules[static_cast<std::size_t>(rule)];
}
#else
constexpr bool stands(Rule) {
  return true;
}
#endif

}  // namespace muster::core
