#include "server/core/replication.hpp"

#include <algorithm>

#include "server/core/rules.hpp"

namespace muster::core {
namespace {

/// A pull of which nothing came for so long is given up; the next beacon starts another.
/// Without a chunk for so long a pull is given up; twice as long at each further one of that peer, to which the way may
/// be slow.
constexpr Monotonic pull_patience_min{5'000'000}, pull_patience_max{80'000'000};
constexpr std::size_t records_per_chunk = 256;
constexpr std::size_t entries_per_chunk = 16'384;  ///< looked at; most may lack nothing
/// Sent before the first is confirmed, so that neither side waits for the other and a long way costs no time.
constexpr std::uint64_t chunks_under_way = 4;
constexpr std::size_t waiting_max = 4096;  ///< changes over gaps, of one origin
/// What could be pulled has been pulled by then. The rest of a gap died with its origin.
constexpr Monotonic gap_patience{30'000'000};

/// The registers whose versions `wanted` says yes to; none when there is none.
template <class Wanted>
std::optional<Record> select(const Record& record, Wanted&& wanted) {
  Record out;
  bool any = false;
  const auto take = [&](const Version& version) {
    const bool taken = version && wanted(version);
    any = any || taken;
    return taken;
  };
  if (record.registration && take(record.registration->version)) out.registration = record.registration;
  if (take(record.holder.version)) out.holder = record.holder;
  if (take(record.over.version)) out.over = record.over;
  if (record.override_ && take(record.override_->version)) out.override_ = record.override_;
  if (record.tombstone) {
    Tombstone tombstone;
    if (take(record.tombstone->cancelled)) {
      tombstone.cancelled = record.tombstone->cancelled;
      tombstone.fenced = record.tombstone->fenced;
    }
    if (take(record.tombstone->evicted)) {
      tombstone.evicted = record.tombstone->evicted;
      tombstone.why = record.tombstone->why;
      tombstone.judged_holder = record.tombstone->judged_holder;
    }
    if (tombstone.version()) out.tombstone = std::make_shared<const Tombstone>(tombstone);
  }
  if (record.overlay) {
    Overlay overlay;
    for (const auto& [name, entry] : *record.overlay)
      if (take(entry.version)) overlay.emplace(name, entry);
    if (!overlay.empty()) out.overlay = std::make_shared<const Overlay>(std::move(overlay));
  }
  if (!any) return std::nullopt;
  return out;
}

template <class F>
void for_each_version(const Record& record, F&& f) {
  select(record, [&f](const Version& version) {
    f(version);
    return false;
  });
}

}  // namespace

std::size_t bytes_of(const Record& record) {
  std::size_t bytes = 100;
  if (record.registration) bytes += record.registration->payload->size();
  if (record.override_) bytes += record.override_->reason.size() + record.override_->by.size();
  if (record.overlay)
    for (const auto& [key, entry] : *record.overlay) bytes += 40 + key.size() + (entry.value ? entry.value->size() : 0);
  return bytes;
}

std::optional<Record> lacking(const Record& record, const VersionVector& known) {
  return select(record, [&known](const Version& version) { return !known.covers(version); });
}

std::optional<Record> still_there(const Record& record, const Record& theirs, const VersionVector& cover) {
  std::set<Version> shown;
  for_each_version(theirs, [&shown](const Version& version) { shown.insert(version); });
  return select(record, [&](const Version& version) { return !cover.covers(version) || shown.contains(version); });
}

void Replication::up(const model::Origin& peer, Monotonic now) {
  // Another link of the same machine is that of an earlier boot, which is over.
  std::erase_if(transfers_, [&peer](const auto& item) { return item.first.node == peer.node; });
  std::erase_if(merged_, [&peer](const auto& item) { return item.node == peer.node; });
  std::erase_if(patience_, [&peer](const auto& item) { return item.first.node == peer.node; });
  if (asked_ && asked_->peer.node == peer.node) asked_.reset();
  if (!asked_) pull_from(peer, now);
}

void Replication::down(const model::Origin& peer) {
  transfers_.erase(peer);
  merged_.erase(peer);
  patience_.erase(peer);
  if (asked_ && asked_->peer == peer) asked_.reset();
}

bool Replication::merged(const model::Origin& peer) const {
  if (merged_.contains(peer)) return true;
  const Membership::Member* member = membership_.find(peer);
  return member && member->understood && known_.covers(member->said);
}

void Replication::restore(const VersionVector& known, const VersionVector& floors) {
  known_.raise(known);
  floors_.raise(floors);
}

void Replication::written(const Entry& entry) {
  const auto fresh = [this](const Version& version) { return version.origin == self_ && version.clock > written_; };
  const std::uint64_t newest_own = [&] {
    std::uint64_t newest = written_;
    for_each_version(entry.record, [&](const Version& version) {
      if (fresh(version)) newest = std::max(newest, version.clock);
    });
    return newest;
  }();
  if (newest_own == written_) return;
  if (membership_.any_linked()) {
    Changes changes{self_, written_, newest_own, false, {}};
    changes.records.push_back({{*entry.service, entry.id}, *select(entry.record, fresh)});
    outbox_.send_all(std::move(changes));
  }
  written_ = newest_own;
  known_.raise(self_, newest_own);
}

void Replication::receive(const model::Origin& peer, Changes message, Monotonic now) {
  if (message.origin == self_) return;
  if (take(message)) {
    if (message.confirm) outbox_.send(peer, peer::Taken{message.origin, message.to});
    take_waiting();
    return;
  }
  wait_for_gap(std::move(message), now);
  if (!asked_ && membership_.linked(peer)) pull_from(peer, now);
}

/// False: there is a gap before it.
bool Replication::take(const Changes& changes) {
  const std::uint64_t known = known_.at(changes.origin);
  if (changes.from > known && stands(Rule::no_gaps)) return false;
  if (changes.to <= known) return true;
  for (const KeyedRecord& item : changes.records) store_.adopt(item);
  known_.raise(changes.origin, changes.to);
  return true;
}

void Replication::wait_for_gap(Changes changes, Monotonic now) {
  std::deque<Changes>& waiting = waiting_.try_emplace(changes.origin, Waiting{{}, now}).first->second.changes;
  if (waiting.size() >= waiting_max) return;  // it will be pulled
  const auto place = std::upper_bound(waiting.begin(), waiting.end(), changes,
                                      [](const Changes& a, const Changes& b) { return a.from < b.from; });
  waiting.insert(place, std::move(changes));
}

void Replication::take_waiting() {
  for (auto& [origin, waiting] : waiting_)
    while (!waiting.changes.empty() && take(waiting.changes.front())) waiting.changes.pop_front();
  std::erase_if(waiting_, [](const auto& item) { return item.second.changes.empty(); });
}

std::size_t Replication::waiting() const {
  std::size_t sum = 0;
  for (const auto& [origin, waiting] : waiting_) sum += waiting.changes.size();
  return sum;
}

void Replication::pull_from(const model::Origin& peer, Monotonic now) {
  asked_ = Asked{peer, ++pulls_, 0, now, {}, {}};
  outbox_.send(peer, Pull{asked_->pull, known_});
}

void Replication::receive(const model::Origin& peer, const Pull& message) {
  if (!membership_.linked(peer)) return;
  const auto under_way = transfers_.find(peer);
  if (under_way != transfers_.end() && under_way->second.pull >= message.id) return;
  Transfer transfer;
  transfer.pull = message.id;
  const bool whole = !message.known.covers(floors_) && stands(Rule::floors);
  transfer.head = StateChunk::Head{known_, floors_, whole};
  transfer.asked = whole ? VersionVector{} : message.known;
  if (whole || !message.known.covers(known_)) transfer.cut = store_.cut();
  transfers_[peer] = std::move(transfer);
  for (std::uint64_t i = 0; i < chunks_under_way && transfers_.contains(peer); ++i) send_chunk(peer);
}

void Replication::send_chunk(const model::Origin& peer) {
  Transfer& transfer = transfers_.at(peer);
  StateChunk chunk{transfer.pull, transfer.next_index++, std::exchange(transfer.head, std::nullopt), {}, false};
  std::size_t looked = 0, bytes = 0;
  const auto look = [&](const EntryPtr& entry) {
    ++looked;
    auto part = lacking(entry->record, transfer.asked);
    if (!part) return;
    bytes += bytes_of(*part);
    chunk.records.push_back({{*entry->service, entry->id}, std::move(*part)});
  };
  const auto full = [&] {
    return chunk.records.size() >= records_per_chunk || looked >= entries_per_chunk || bytes >= message_bytes_max;
  };
  const std::size_t segments = transfer.cut.live ? transfer.cut.live->segments.size() : 0;
  while (transfer.segment < segments && !full()) {
    const std::vector<EntryPtr>& entries = transfer.cut.live->segments[transfer.segment]->entries;
    look(entries[transfer.entry]);
    if (++transfer.entry == entries.size()) ++transfer.segment, transfer.entry = 0;
  }
  for (; transfer.dead < transfer.cut.dead.size() && !full(); ++transfer.dead) look(transfer.cut.dead[transfer.dead]);
  chunk.last = transfer.segment == segments && transfer.dead == transfer.cut.dead.size();
  if (chunk.last) transfers_.erase(peer);
  outbox_.send(peer, std::move(chunk));
}

void Replication::receive(const model::Origin& peer, const ChunkTaken& message) {
  const auto wanted = [&] {
    const auto place = transfers_.find(peer);
    return place != transfers_.end() && place->second.pull == message.pull &&
           place->second.next_index <= message.index + chunks_under_way;
  };
  while (wanted()) send_chunk(peer);
}

void Replication::receive(const model::Origin& peer, StateChunk message, Monotonic now) {
  if (!asked_ || !(asked_->peer == peer) || asked_->pull != message.pull || message.index < asked_->next_index) return;
  if (message.index > asked_->next_index) {
    if (message.index < asked_->next_index + chunks_under_way)
      asked_->early.insert_or_assign(message.index, std::move(message));
    return;
  }
  take_chunk(peer, message, now);
  while (asked_ && !asked_->early.empty() && asked_->early.begin()->first == asked_->next_index) {
    const StateChunk next = std::move(asked_->early.extract(asked_->early.begin()).mapped());
    take_chunk(peer, next, now);
  }
}

void Replication::take_chunk(const model::Origin& peer, const StateChunk& chunk, Monotonic now) {
  if (chunk.index == 0) {
    if (!chunk.head) return;
    asked_->head = *chunk.head;
    if (asked_->head.whole) store_.begin_whole_state();
  }
  const StateChunk::Head& head = asked_->head;
  for (const KeyedRecord& item : chunk.records) head.whole ? store_.adopt_whole(item, head.cover) : store_.adopt(item);
  if (!chunk.last) {
    ++asked_->next_index;
    asked_->progress = now;
    outbox_.send(peer, ChunkTaken{chunk.pull, chunk.index});
    return;
  }
  if (head.whole) store_.end_whole_state(head.cover);
  known_.raise(head.cover);
  if (stands(Rule::floors_travel)) floors_.raise(head.floors);
  asked_.reset();
  patience_.erase(peer);
  merged_.insert(peer);
  take_waiting();
}

void Replication::compare(const Membership::Member& peer, Monotonic now) {
  // What was lacking at the last beacon already and still is has not just been on its way.
  const auto& clocks = peer.said.clocks();
  const bool lost = std::any_of(clocks.begin(), clocks.end(), [&](const auto& item) {
    return std::min(item.second, peer.before.at(item.first)) > known_.at(item.first);
  });
  if (lost && !asked_) pull_from(peer.origin, now);
}

void Replication::pass_time(Monotonic now) {
  if (asked_) {
    Monotonic& patience = patience_.try_emplace(asked_->peer, pull_patience_min).first->second;
    if (now - asked_->progress > patience) {
      patience = std::min(patience * 2, pull_patience_max);
      asked_.reset();
    }
  }
  std::erase_if(waiting_, [now](const auto& item) { return now - item.second.since > gap_patience; });
}

void Replication::forgot(const Record& record) {
  for_each_version(record, [this](const Version& version) { floors_.raise(version.origin, version.clock); });
}

bool Replication::may_forget(const Record& record, std::size_t peers, Monotonic now) const {
  if (!stands(Rule::forget_when_all_know)) return true;
  const auto& members = membership_.members();
  if (members.size() < peers && now - began_ <= Membership::member_memory) return false;
  return std::all_of(members.begin(), members.end(), [&](const auto& item) {
    const Membership::Member& member = item.second;
    return now - member.heard > Membership::member_memory || !lacking(record, member.said);
  });
}

}  // namespace muster::core
