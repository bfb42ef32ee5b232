#include <algorithm>
#include <utility>

#include "server/core/node_impl.hpp"
#include "server/core/rules.hpp"

// Records that other nodes wrote, or that this one kept on disk.
namespace muster::core {

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
  if (!stands(Rule::whole_state_drops)) return;
  for (Slot* slot : catalog.slots_where([this](const Slot& each) { return each.whole_state != whole_states_; }))
    install(*slot, lacking(slot->entry->record, cover).value_or(Record{}));
}

/// Makes `record`, which may live or not, the slot's. Where nothing is left of it the slot goes.
void Node::Impl::install(Slot& slot, Record record) {
  if (same_writes(record, slot.entry->record)) return;
  // A cancel at another node keeps late writes out here too, counted from when it was heard of.
  const auto& before = slot.entry->record.tombstone;
  if (record.tombstone && record.tombstone->fenced > (before ? before->fenced : 0)) slot.fenced_at = running_;
  if (record.registration && !is_live(record)) defend(slot, record);
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
  const bool holds_before = holds(slot);
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
  if (was_live && holds_before && !holds(slot)) tell_holder(slot);
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

void Node::Impl::restore(const KeyedRecord& item) {
  clock_.hear(newest(item.record));
  Record record = item.record;
  settle(record);
  Slot& slot = catalog.slot(item.key);
  install(slot, std::move(record));
  // What renewed at an earlier boot of this node may go on here, whatever the others made of it meanwhile.
  if (slot.live && slot.entry->record.holder.node.node == settings_.origin.node) slot.heard_here = running_;
}

void Node::Impl::restored(const VersionVector& known, const VersionVector& floors) {
  replication.restore(known, floors);
  effects_ = {};  // nothing of it has happened now
  look_at_startup();
}

// --- what comparing found

Scrub::Store::Mended Node::Impl::mend(const KeyedRecord& item) {
  clock_.hear(newest(item.record));
  Slot& slot = catalog.slot(item.key);
  Record merged = merge(slot.entry->record, item.record);
  Mended out;
  out.here = !same_writes(merged, slot.entry->record);
  const bool more = !same_writes(merged, item.record);
  install(slot, std::move(merged));
  const Slot* now = more ? catalog.find(item.key.service, item.key.id) : nullptr;
  if (now) out.more = KeyedRecord{item.key, now->entry->record};
  return out;
}

bool Node::Impl::comparable(const model::Origin& peer) const {
  const Membership::Member* member = membership.find(peer);
  return startup.ready() && member && member->linked && member->ready && member->understood &&
         replication.merged(peer) && member->said.covers(replication.floors());
}

void Node::Impl::compared(const model::Origin& peer, Monotonic since) {
  membership.confirm(peer, since);
}

#ifdef MUSTER_RULES_CAN_BREAK
void Node::Impl::corrupt(const Key& key) {
  Slot* slot = catalog.find(key.service, key.id);
  if (!slot || !slot->live) return;
  self_preservation.leave(*slot);
  auto entry = std::make_shared<Entry>(*slot->entry);
  entry->record = Record{};
  catalog.replace(*slot, std::move(entry), false);
  slot->unlink();
}
#endif

}  // namespace muster::core
