#include <algorithm>
#include <utility>

#include "server/core/node_impl.hpp"
#include "server/core/rules.hpp"

namespace muster::core {
namespace {

/// A holder whose beacons have been missing for longer gets no renewals passed on: they would be lost with it.
constexpr Monotonic holder_silence_max{2'000'000};

}  // namespace

void Node::Impl::hear(const PeerSaid& said) {
  std::visit(
      [&](const auto& message) {
        using Message = std::decay_t<decltype(message)>;
        if constexpr (std::is_same_v<Message, Renewals>)
          take_renewals(message);
        else if constexpr (std::is_same_v<Message, Pull> || std::is_same_v<Message, ChunkTaken>)
          replication.receive(said.peer, message);
        else if constexpr (std::is_same_v<Message, Changes> || std::is_same_v<Message, StateChunk> ||
                           std::is_same_v<Message, Beacon>)
          replication.receive(said.peer, message, running_);
      },
      said.message);
}

// --- records that other nodes wrote

/// What is known and yet not here was deleted, or another write took its place.
std::optional<Record> Node::Impl::news_of(const Record& record) const {
  return stands(Rule::deleted_stays) ? lacking(record, replication.known()) : record;
}

void Node::Impl::adopt(const KeyedRecord& item) {
  clock_.hear(newest(item.record));
  const auto news = news_of(item.record);
  if (!news) return;
  Slot& slot = catalog.slot(item.key);
  install(slot, merge(slot.entry->record, *news));
}

void Node::Impl::adopt_whole(const KeyedRecord& item, const VersionVector& cover) {
  clock_.hear(newest(item.record));
  const auto news = news_of(item.record);
  Slot* found = catalog.find(item.key.service, item.key.id);
  if (!found && !news) return;
  Slot& slot = found ? *found : catalog.slot(item.key);
  slot.whole_state = whole_states_;
  const Record kept = still_there(slot.entry->record, item.record, cover).value_or(Record{});
  install(slot, news ? merge(kept, *news) : kept);
}

void Node::Impl::end_whole_state(const VersionVector& cover) {
  const StateCut all = cut();
  const auto drop = [&](const EntryPtr& entry) {
    Slot* slot = catalog.find(*entry->service, entry->id);
    if (!slot || slot->whole_state == whole_states_) return;
    if (stands(Rule::whole_state_drops)) install(*slot, lacking(slot->entry->record, cover).value_or(Record{}));
  };
  for (const SegmentPtr& segment : all.live->segments)
    std::for_each(segment->entries.begin(), segment->entries.end(), drop);
  std::for_each(all.dead.begin(), all.dead.end(), drop);
}

/// Makes `record`, which may live or not, the slot's. Where nothing is left of it the slot goes.
void Node::Impl::install(Slot& slot, Record record) {
  if (same_writes(record, slot.entry->record)) return;
  if (!newest(record)) {
    if (slot.live) end_life(slot, slot.entry->record, Cause::expired);
    replace_quietly(slot, std::move(record));
    dormant_.erase({*slot.service->name, slot.entry->id});
    end_override(slot);
    forget_now(slot);
  } else if (is_live(record)) {
    adopt_live(slot, std::move(record));
  } else {
    adopt_dead(slot, std::move(record));
  }
}

void Node::Impl::adopt_live(Slot& slot, Record record) {
  const bool was_live = slot.live;
  const Record before = slot.entry->record;
  const Registration& registration = *record.registration;
  if (!was_live || registration.version != before.registration->version) {
    const bool same_life = was_live && registration.incarnation == before.registration->incarnation;
    hear(slot, same_life ? std::max(slot.incarnation, registration.incarnation) : registration.incarnation,
         registration.dirty_ms);
  }
  if (!was_live) revive(slot);
  if (was_live && same_content(before, record)) {
    replace_quietly(slot, std::move(record));
  } else {
    Times times = slot.entry->times;
    if (!was_live) times = Times{now_.wall_ms, now_.wall_ms, 0, 0, 0};
    times.updated_ms = now_.wall_ms;
    Cause cause = was_live ? Cause::changed : Cause::registered;
    if (was_live && override_value(before) != override_value(record))
      cause = override_value(record) ? Cause::drained : Cause::undrained;
    const bool registered = !was_live || registration.version != before.registration->version;
    commit(slot, std::move(record), times, cause, registered ? Action::added : Action::modified);
  }
  adopt_override_end(slot);
  if (!was_live || slot.entry->record.holder.version != before.holder.version) watch_holder(slot);
}

void Node::Impl::adopt_dead(Slot& slot, Record record) {
  if (slot.live) {
    const Cause cause = record.tombstone ? record.tombstone->cause() : Cause::expired;
    end_life(slot, std::move(record), cause);
  } else {
    if (slot.scopes.all) self_preservation.leave(slot);
    tombstones_.erase({slot.renewed, {*slot.service->name, slot.entry->id}});
    replace_quietly(slot, std::move(record));
    keep_dead(slot, settings_.tombstone_retention);
  }
  adopt_override_end(slot);
}

/// The end of an override is a point of the wall clock; how far away it is differs between nodes by their clocks.
void Node::Impl::adopt_override_end(Slot& slot) {
  const Record& record = slot.entry->record;
  if (!override_value(record)) return end_override(slot);
  const WallMs until = record.override_->until_ms;
  slot.override_until =
      until ? running_ + std::chrono::milliseconds(std::max<WallMs>(until - now_.wall_ms, 0)) : Monotonic{0};
  if (slot.live)
    set_override_due(slot, slot.override_until);
  else
    set_override_due(slot, until ? std::min(slot.override_until, dormant_until_max(slot)) : dormant_until_max(slot));
}

void Node::Impl::replace_quietly(Slot& slot, Record record) {
  auto entry = std::make_shared<Entry>(*slot.entry);
  entry->record = std::move(record);
  catalog.replace(slot, entry, slot.live);
  replication.written(*entry);
}

StateCut Node::Impl::cut() {
  StateCut out;
  out.live = catalog.registry_view();
  out.dead.reserve(tombstones_.size());
  for (const auto& [key, slot] : tombstones_) out.dead.push_back(slot->entry);
  for (const auto& [key, slot] : dormant_)
    if (!tombstones_.contains({slot->renewed, key})) out.dead.push_back(slot->entry);
  return out;
}

// --- leases that another node holds

/// Its beacons renew the lease; when they stop, the client has one lease and two intervals to find another node.
void Node::Impl::watch_holder(Slot& slot) {
  if (holds(slot)) return schedule(slot);
  begin_term(slot);
  judge_holder(slot);
}

void Node::Impl::judge_holder(Slot& slot) {
  const model::LeaseTerms& lease = slot.entry->record.registration->lease;
  slot.renewed = std::max(slot.renewed, replication.confirmed(slot.entry->record.holder.node));
  const Monotonic end = slot.renewed + std::chrono::seconds(lease.duration_s + 2 * lease.interval_s);
  if (running_ < end)
    wheel_.set(slot, end);
  else if (replication.isolated())
    wheel_.set(slot, running_ + std::chrono::seconds(1));
  else
    evict(slot, Cause::expired);
}

/// A renewal goes to the holder while that is heard. False: it is not, or is a boot that is over.
bool Node::Impl::passed_on(Slot& slot) {
  const model::Origin holder = slot.entry->record.holder.node;
  if (!replication.connected(holder) || running_ - replication.confirmed(holder) > holder_silence_max) return false;
  passed_on_[holder].emplace_back(Key{*slot.service->name, slot.entry->id}, running_);
  slot.renewed = running_;
  slot.renewed_ms = now_.wall_ms;
  return true;
}

void Node::Impl::take_over(Slot& slot) {
  Record record = slot.entry->record;
  record.holder = {next_version(record), settings_.origin};
  replace_quietly(slot, std::move(record));
}

void Node::Impl::pass_on_renewals() {
  for (auto& [holder, renewed] : passed_on_) {
    for (auto& [key, at] : renewed) at = running_ - at;
    if (replication.connected(holder)) replication.send(holder, Renewals{std::move(renewed)});
  }
  passed_on_.clear();
}

void Node::Impl::take_renewals(const Renewals& message) {
  for (const auto& [key, age] : message.renewed) {
    Slot* slot = catalog.find(key.service, key.id);
    if (!slot || !slot->live || !holds(*slot)) continue;
    const Monotonic at = running_ - age;
    if (at <= slot->renewed) continue;
    renew_lease(*slot);
    slot->renewed = at;
    schedule(*slot);
  }
}

}  // namespace muster::core
