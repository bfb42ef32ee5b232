#include "tests/sim/oracles/holds.hpp"

#include <algorithm>

#include "tests/sim/oracles/exact_expiry.hpp"
#include "tests/sim/sim_node.hpp"
#include "tests/sim/snapshot.hpp"

namespace muster::sim {
namespace {

constexpr std::string_view name = "holds";
constexpr std::size_t services_min = 3;

/// Counts of one scope, each between what is sure and what is possible.
struct Tally {
  std::size_t members_min = 0, members_max = 0;
  std::size_t failing_max = 0;
  std::map<std::string, std::size_t> failing_min;  ///< by service
  std::map<std::string, std::size_t> failing_max_by_service;

  std::size_t failing_sure() const {
    std::size_t total = 0;
    for (const auto& [service, count] : failing_min) total += count;
    return total;
  }
  std::size_t biggest_sure() const {
    std::size_t biggest = 0;
    for (const auto& [service, count] : failing_min) biggest = std::max(biggest, count);
    return biggest;
  }
};

std::string subnet(const std::string& address) {
  return address.substr(0, address.rfind('.')) + ".0/24";
}

bool in_scope(const core::Key& key, const Belief& belief, core::ScopeKind kind, const std::string& scope) {
  switch (kind) {
    case core::ScopeKind::service:
      return key.service == scope;
    case core::ScopeKind::subnet:
      return subnet(belief.address) == scope;
    case core::ScopeKind::zone:
      return belief.zone == scope;
    case core::ScopeKind::holder:  // one node holds everything
      return false;
    case core::ScopeKind::all:
      return true;
  }
  return false;
}

Tally count(const Ledger& ledger, const SimNode& node, core::ScopeKind kind, const std::string& scope) {
  Tally tally;
  const core::Monotonic now = node.running();
  constexpr core::Monotonic slack = ExactExpiry::tolerance;
  for (const auto& [key, belief] : ledger.beliefs()) {
    if (!in_scope(key, belief, kind, scope)) continue;
    const core::Monotonic late = core::Monotonic(std::chrono::seconds(belief.terms.interval_s)) * 3 / 2;
    const core::Monotonic gone = now - belief.left - std::chrono::seconds(belief.terms.duration_s);
    // What an ending hold evicts is out of the count at once: it was judged dead, and must not begin the next hold.
    const bool fell = !belief.live && belief.left_by == core::Cause::expired;
    const bool member_sure = belief.live || (fell && gone < -slack),
               member_maybe = belief.live || (fell && gone < slack);
    const bool failing_sure = belief.live ? now - belief.touched > late + slack : member_sure;
    const bool failing_maybe = belief.live ? now - belief.renewed >= late - slack : member_maybe;
    tally.members_min += member_sure ? 1 : 0;
    tally.members_max += member_maybe ? 1 : 0;
    tally.failing_max += failing_maybe ? 1 : 0;
    if (failing_sure) ++tally.failing_min[key.service];
    if (failing_maybe) ++tally.failing_max_by_service[key.service];
  }
  return tally;
}

std::string say(core::ScopeKind kind, const std::string& scope, const Tally& tally) {
  return std::string(to_string(kind)) + " '" + scope + "' (members " + std::to_string(tally.members_min) + " to " +
         std::to_string(tally.members_max) + ", failing " + std::to_string(tally.failing_sure()) + " to " +
         std::to_string(tally.failing_max) + ")";
}

}  // namespace

void Holds::after(SimNode& node, const Step& step) {
  // A node that had to forget tombstones counts fewer dead than we do, from then on for as long as any lease lasts.
  forgets_ = forgets_ || node.core().gauges().tombstones >= node.settings().limits.tombstones;
  for (const core::HoldFact& fact : step.effects.holds) {
    const ScopeName scope{fact.hold.kind, fact.hold.name};
    if (fact.began) {
      began(node, step, fact.hold);
      if (!holds_.emplace(scope, step.running).second) violated(node, name, "a hold began that was on already");
    } else if (holds_.erase(scope) == 0) {
      violated(node, name, "a hold ended that was not on");
    }
  }
  for (const core::Fact& fact : step.effects.facts)
    if (fact.cause == core::Cause::expired) evicted(node, step, fact.key);
}

void Holds::began(SimNode& node, const Step&, const core::Hold& hold) {
  const core::SelfPreservationSettings& rules = node.settings().self_preservation;
  Tally tally = count(*ledger_, node, hold.kind, hold.name);
  // The request of this very step may have taken one out of the count, or brought one in.
  tally.failing_max += 1;
  tally.members_max += 1;
  tally.members_min -= std::min<std::size_t>(tally.members_min, 1);
  const bool anomalous = tally.members_max >= rules.instances_min && tally.failing_max >= rules.failing_min &&
                         tally.failing_max * 100 > tally.members_min * rules.failing_percent;
  if (!rules.enabled || (!anomalous && !forgets_))
    violated(node, name, say(hold.kind, hold.name, tally) + " is held without need");
  if (hold.kind != core::ScopeKind::service && tally.failing_max_by_service.size() + 1 < services_min)
    violated(node, name, say(hold.kind, hold.name, tally) + " is held for what is one service's trouble");
  if (hold.reason.empty()) violated(node, name, say(hold.kind, hold.name, tally) + " is held without a reason");
}

void Holds::evicted(SimNode& node, const Step&, const core::Key& key) {
  const core::SelfPreservationSettings& rules = node.settings().self_preservation;
  if (!rules.enabled || forgets_) return;
  const Belief& belief = *ledger_->find(key);
  const ScopeName scopes[] = {{core::ScopeKind::service, key.service},
                              {core::ScopeKind::subnet, subnet(belief.address)},
                              {core::ScopeKind::zone, belief.zone},
                              {core::ScopeKind::all, ""}};
  for (const auto& [kind, scope] : scopes) {
    if (kind == core::ScopeKind::zone && scope.empty()) continue;
    const Tally tally = count(*ledger_, node, kind, scope);
    const std::size_t failing = tally.failing_sure();
    const bool anomalous = tally.members_min > rules.instances_min && failing >= rules.failing_min &&
                           failing * 100 > (tally.members_max + 1) * rules.failing_percent;
    if (!anomalous) continue;
    const bool several =
        tally.failing_min.size() >= services_min && (failing - tally.biggest_sure()) * 2 >= rules.failing_min;
    if (kind == core::ScopeKind::service || several)
      violated(node, name, to_string(key) + " was evicted though " + say(kind, scope, tally) + " fails together");
  }
}

void Holds::poll(SimNode& node, const Poll& poll) {
  const core::SelfPreservationSettings& rules = node.settings().self_preservation;
  const std::vector<core::Hold> shown = node.core().self_preservation(poll.now).holds;
  if (shown.size() != holds_.size()) violated(node, name, "the holds shown are not those that were told of");
  for (const auto& [scope, since] : holds_) {
    const std::chrono::seconds limit =
        scope.first == core::ScopeKind::service ? rules.hold_max_service : rules.hold_max_infrastructure;
    if (node.running() - since > limit + ending_max)
      violated(node, name, "the hold of '" + scope.second + "' does not end");
  }
  std::size_t held = 0, told = 0;
  for (const core::Hold& hold : shown) told += hold.held_count;
  for (const auto& [key, seen] : poll.snapshot) {
    if (seen.lease != core::LeaseState::held) continue;
    ++held;
    const Belief* belief = ledger_->find(key);
    const bool covered = belief != nullptr && std::any_of(shown.begin(), shown.end(), [&](const core::Hold& hold) {
                           return in_scope(key, *belief, hold.kind, hold.name);
                         });
    if (!covered) violated(node, name, to_string(key) + " is marked held and no hold covers it");
  }
  if (held != told)
    violated(node, name, std::to_string(held) + " are marked held, the holds say " + std::to_string(told));
}

}  // namespace muster::sim
