#include <algorithm>
#include <utility>

#include "server/core/node_impl.hpp"
#include "server/core/rules.hpp"

// What peers say, and what is told to them.
namespace muster::core {
namespace {

constexpr unsigned unmatched_max = 4;  ///< beacons; fewer are changes that are on their way
constexpr unsigned unlike_max = 2;

}  // namespace

OwnState Node::Impl::own_state() const {
  return {replication.known(), catalog.tree().root(), catalog.tree().held_by(settings_.origin), startup.ready()};
}

void Node::Impl::peer_up(const PeerUp& up) {
  membership.up(up.peer, up.lasting, running_);
  membership.greet(up.peer, own_state(), running_);
  replication.up(up.peer, running_);
  tell_all_marks(up.peer);
}

void Node::Impl::peer_down(const model::Origin& peer) {
  membership.down(peer);
  replication.down(peer);
  scrub.down(peer);
  marks_of_.erase(peer);
}

void Node::Impl::hear(const PeerSaid& said) {
  const auto take = [&](auto message) {
    using Message = std::decay_t<decltype(message)>;
    const model::Origin& peer = said.peer;
    if constexpr (std::is_same_v<Message, peer::Beacon>)
      take_beacon(peer, message);
    else if constexpr (std::is_same_v<Message, peer::Taken>)
      take_confirmation(peer, message);
    else if constexpr (std::is_same_v<Message, Renewals>)
      take_renewals(message);
    else if constexpr (std::is_same_v<Message, peer::Marks>)
      take_marks(peer, message);
    else if constexpr (std::is_same_v<Message, Pull> || std::is_same_v<Message, ChunkTaken>)
      replication.receive(peer, message);
    else if constexpr (std::is_same_v<Message, Changes> || std::is_same_v<Message, StateChunk>)
      replication.receive(peer, std::move(message), running_);
    else if constexpr (std::is_same_v<Message, peer::DigestAsk> || std::is_same_v<Message, peer::Mend>)
      scrub.receive(peer, message);
    else
      scrub.receive(peer, message, running_);
  };
  std::visit(take, said.message);
  look_at_startup();
}

void Node::Impl::take_beacon(const model::Origin& peer, const peer::Beacon& beacon) {
  Membership::Member* member = membership.take(peer, beacon, running_);
  if (!member) return;
  replication.compare(*member, running_);
  // What it wrote is all here, and yet it holds other leases than are known here: either a move is on its way from a
  // third node, or something is wrong. A beacon that renewed nevertheless could keep dead instances for ever.
  const bool complete = replication.known().at(peer) >= member->said.at(peer);
  const bool matches = catalog.tree().held_by(peer) == member->held || !stands(Rule::sums_match);
  if (complete && matches) {
    member->confirmed = running_;
    member->unmatched = 0;
  } else if (complete && ++member->unmatched >= unmatched_max) {
    scrub.want(peer);
  }
  const bool knows_the_same = member->understood && beacon.known_digest == replication.known().digest();
  const bool unlike = knows_the_same && beacon.content != catalog.tree().root();
  member->unlike = unlike ? member->unlike + 1 : 0;
  if (member->unlike >= unlike_max) scrub.want(peer);
}

void Node::Impl::look_at_startup() {
  if (startup.ready()) return;
  Startup::View view;
  view.expected = settings_.peers;
  view.empty = catalog.live() == 0;
  for (const auto& [node, member] : membership.members()) {
    if (!member.linked) continue;
    const bool merged = replication.merged(member.origin);
    ++view.linked;
    view.merged += merged ? 1 : 0;
    view.ready_merged = view.ready_merged || (merged && member.ready);
  }
  startup.advance(view, running_);
}

void Node::Impl::pass_time_of_peers() {
  pass_on_renewals();
  give_up_confirmations();
  look_at_startup();
  replication.pass_time(running_);
  for (const auto& [node, member] : membership.members())
    self_preservation.set_silent(model::node_name(node), !membership.hears(node, running_));
  tell_marks();
  scrub.pass_time(running_);
  membership.pass_time(own_state(), settings_.peers, running_);
}

std::vector<PeerView> Node::Impl::peers(Now now) const {
  const Monotonic running = running_at(now);
  std::vector<PeerView> out;
  for (const auto& [node, member] : membership.members()) {
    PeerView view;
    view.origin = member.origin;
    view.lasting = member.lasting;
    view.linked = member.linked;
    view.heard = membership.hears(node, running);
    view.ready = member.ready;
    view.merged = replication.merged(member.origin);
    view.holds = member.held.count;
    view.last_heard = running - member.heard;
    for (const auto& [origin, clock] : replication.known().clocks())
      view.lacks += member.said.at(origin) < clock ? 1 : 0;
    for (const auto& [origin, clock] : member.said.clocks())
      view.lacking += replication.known().at(origin) < clock ? 1 : 0;
    view.equal =
        member.linked && member.understood && view.lacks + view.lacking == 0 && member.content == catalog.tree().root();
    if (const auto last = scrub.last().find(member.origin); last != scrub.last().end()) {
      view.comparison = last->second;
      view.comparison->at = running - last->second.at;
    }
    out.push_back(std::move(view));
  }
  return out;
}

// --- writes that wait for a peer to have them

void Node::Impl::await_confirmation(RequestId id, Outcome outcome) {
  const std::uint64_t clock = replication.written_until();
  outcome.asked_a_peer = true;
  outbox.send_all(Changes{settings_.origin, clock, clock, true, {}});
  unconfirmed_.push_back({id, clock, running_ + confirmation_patience, std::move(outcome)});
}

/// The peer has what this node wrote until then. A write that only renewed what another node had written counts where
/// the peer has said that it has that, too.
void Node::Impl::take_confirmation(const model::Origin& peer, const peer::Taken& message) {
  const Membership::Member* member = membership.find(peer);
  if (!member || !(message.origin == settings_.origin)) return;
  VersionVector said = member->said;
  said.raise(message.origin, message.to);
  std::erase_if(unconfirmed_, [&](Unconfirmed& waits) {
    const EntryPtr& entry = waits.outcome.state.entry;
    if (waits.clock > message.to || (entry && lacking(entry->record, said))) return false;
    waits.outcome.nodes = 2;
    effects_.replies.push_back({waits.id, std::move(waits.outcome)});
    return true;
  });
}

void Node::Impl::give_up_confirmations() {
  while (!unconfirmed_.empty() && unconfirmed_.front().deadline <= running_) {
    effects_.replies.push_back({unconfirmed_.front().id, std::move(unconfirmed_.front().outcome)});
    unconfirmed_.pop_front();
  }
}

}  // namespace muster::core
