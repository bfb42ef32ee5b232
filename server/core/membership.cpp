#include "server/core/membership.hpp"

#include <algorithm>
#include <utility>

#include "server/core/rules.hpp"

namespace muster::core {

Membership::Member& Membership::member(const model::Origin& origin) {
  Member& member = members_[origin.node];
  if (member.origin.boot >= origin.boot && member.origin.node == origin.node) return member;
  const bool lasting = member.lasting;
  member = Member{};
  member.origin = origin;
  member.lasting = lasting;
  return member;
}

void Membership::up(const model::Origin& peer, bool lasting, Monotonic now) {
  // Another link of the same machine is that of an earlier boot, which is over.
  std::erase_if(links_, [&peer](const auto& item) { return item.first.node == peer.node; });
  links_[peer] = Link{};
  Member& up = member(peer);
  up.lasting = lasting;
  if (!(up.origin == peer)) return;  // a newer boot of it is known already: this one is over
  up.linked = true;
  up.understood = false;
  up.heard = now;
}

void Membership::down(const model::Origin& peer) {
  if (links_.erase(peer) == 0) return;
  const auto place = members_.find(peer.node);
  if (place != members_.end() && place->second.origin == peer) place->second.linked = false;
}

Membership::Member* Membership::take(const model::Origin& peer, const peer::Beacon& beacon, Monotonic now) {
  const auto link = links_.find(peer);
  if (link == links_.end()) return nullptr;
  Member& from = member(peer);
  if (beacon.repeat) link->second.tell_all = true;
  for (const auto& [origin, tick] : beacon.heard) hear_relayed(origin, tick, now);
  if (!(from.origin == peer)) return nullptr;            // of a boot that is over
  if (beacon.tick <= link->second.tick) return nullptr;  // overtaken, or doubled
  link->second.tick = beacon.tick;
  link->second.heard = now;
  from.tick = std::max(from.tick, beacon.tick);
  from.heard = now;
  from.ready = beacon.ready;
  from.content = beacon.content;
  from.held = beacon.held;
  from.before = from.said;
  if (beacon.whole) from.said = beacon.known;
  from.said.raise(beacon.known);
  from.understood = from.said.digest() == beacon.known_digest;
  link->second.missed = !from.understood;
  return &from;
}

/// It hears what we may not: what that node holds lives on.
void Membership::hear_relayed(const model::Origin& origin, std::uint64_t tick, Monotonic now) {
  if (origin.node == self_.node || !stands(Rule::ticks_travel)) return;
  const auto known = members_.find(origin.node);
  if (known != members_.end() && known->second.origin.boot > origin.boot) return;
  Member& of = member(origin);
  if (known == members_.end()) of.lasting = false;  // as far as we know
  if (tick <= of.tick) return;
  of.tick = tick;
  of.heard = now;
  const auto link = links_.find(of.origin);
  const bool direct = link != links_.end() && now - link->second.heard <= direct_max;
  // While its link stands the last beacon on that had to match.
  if (!of.linked || (!direct && of.unmatched == 0)) of.confirmed = now;
}

peer::Beacon Membership::beacon(const model::Origin& to, Link& link, const OwnState& own, Monotonic now) const {
  peer::Beacon out;
  out.tick = tick_;
  out.ready = own.ready;
  out.whole = std::exchange(link.tell_all, false);
  out.repeat = link.missed;
  out.known_digest = own.known.digest();
  for (const auto& [origin, clock] : own.known.clocks())
    if (out.whole || link.told.at(origin) != clock) out.known.raise(origin, clock);
  link.told.raise(out.known);
  out.content = own.content;
  out.held = own.held;
  for (const auto& [node, member] : members_)
    if (node != to.node && member.tick != 0 && now - member.heard <= silence_max)
      out.heard.emplace_back(member.origin, member.tick);
  return out;
}

void Membership::pass_time(const OwnState& own, std::size_t expected, Monotonic now) {
  if (now < next_beacon_) return;
  next_beacon_ = now + beacon_period;
  ++tick_;
  for (auto& [peer, link] : links_) outbox_.send(peer, beacon(peer, link, own, now));
  // A node without a data directory never starts again as the same, but may have been cut off. One that lost its
  // directory came back as another; if it was not lost after all it gets the whole state.
  const bool complete = expected > 0 && links_.size() >= expected;
  std::erase_if(members_, [&](const auto& item) {
    const Member& each = item.second;
    const Monotonic silent = now - each.heard;
    const bool replaced = complete && silent > replaced_after;
    return !each.linked && (replaced || silent > (each.lasting ? member_memory : passing_member_memory));
  });
}

void Membership::greet(const model::Origin& peer, const OwnState& own, Monotonic now) {
  const auto link = links_.find(peer);
  if (link == links_.end()) return;
  link->second.tell_all = true;
  ++tick_;
  outbox_.send(peer, beacon(peer, link->second, own, now));
}

const Membership::Member* Membership::find(const model::Origin& peer) const {
  const auto place = members_.find(peer.node);
  return place != members_.end() && place->second.origin == peer ? &place->second : nullptr;
}

void Membership::confirm(const model::Origin& peer, Monotonic since) {
  const auto place = members_.find(peer.node);
  if (place == members_.end() || !(place->second.origin == peer)) return;
  place->second.confirmed = std::max(place->second.confirmed, since);
  place->second.unmatched = 0;
}

Monotonic Membership::confirmed(const model::Origin& holder) const {
  const Member* member = find(holder);
  return member ? member->confirmed : Monotonic{0};
}

bool Membership::hears(std::uint64_t node, Monotonic now) const {
  const auto place = members_.find(node);
  return place != members_.end() && (now - place->second.heard <= silence_max);
}

bool Membership::isolated(std::size_t expected, Monotonic now) const {
  const auto heard = std::count_if(members_.begin(), members_.end(),
                                   [&](const auto& item) { return now - item.second.heard <= silence_max; });
  return 2 * static_cast<std::size_t>(heard) < expected && stands(Rule::isolated_keeps);
}

}  // namespace muster::core
