#include <algorithm>
#include <cassert>

#include "server/core/node_impl.hpp"
#include "server/core/rules.hpp"

namespace muster::core {
namespace {

constexpr Monotonic wake_period{100'000};  ///< how often time is looked at; bounds how late an eviction is
constexpr Monotonic lateness{100'000};     ///< a call later than this after its wake-up means that the node stood still
constexpr Monotonic judge_pause_min{20'000};  ///< what waiting renewals get after a pause before leases are judged
constexpr Monotonic judge_pause_max{250'000};
constexpr Monotonic settling{3'000'000};           ///< what it then gets to hear of renewals at the other side
constexpr Monotonic forget_look{60'000'000};       ///< how often a node looks whether all know of a delete
constexpr std::chrono::hours override_memory{24};  ///< how long an override outlives its record at most

Monotonic seconds(std::uint64_t s) {
  return std::chrono::seconds(s);
}

void clear_override(Record& record, const Version& version) {
  auto cleared = std::make_shared<Override>(*record.override_);
  cleared->version = version;
  cleared->value.reset();
  record.override_ = std::move(cleared);
}

}  // namespace

Node::Impl::Impl(Settings settings, Now now, std::uint64_t seed)
    : catalog(seed),
      self_preservation(settings.self_preservation),
      membership(settings.origin, outbox),
      replication(settings.origin, *this, outbox, membership, now.monotonic),
      scrub(*this, outbox, membership),
      startup(settings.served_before, now.monotonic),
      settings_(settings),
      clock_(settings.origin),
      wheel_(now.monotonic),
      now_(now),
      running_(now.monotonic),
      expected_(now.monotonic + wake_period) {
  if (stands(Rule::clock_mark)) clock_.hear({settings.clock_mark, settings.origin});
  look_at_startup();
}

void Node::Impl::reconfigure(const Settings& settings) {
  const auto origin = settings_.origin;
  settings_ = settings;
  settings_.origin = origin;
  self_preservation.reconfigure(settings.self_preservation);
}

Effects Node::Impl::handle(Event event, Now now) {
  tell_time(now);
  if (const auto* request = std::get_if<Request>(&event)) {
    by_ = !request->caller                    ? std::string{}
          : request->caller->identity.empty() ? request->caller->address
                                              : request->caller->identity;
    Outcome outcome = std::visit([this](const auto& command) { return carry_out(command); }, request->command);
    by_.clear();
    if (request->confirm && membership.any_linked())
      await_confirmation(request->id, std::move(outcome));
    else
      effects_.replies.push_back({request->id, std::move(outcome)});
  } else if (const auto* said = std::get_if<PeerSaid>(&event)) {
    hear(*said);
  } else if (const auto* up = std::get_if<PeerUp>(&event)) {
    peer_up(*up);
  } else if (const auto* down = std::get_if<PeerDown>(&event)) {
    peer_down(down->peer);
  } else {
    pass_time();
    pass_time_of_peers();
    expected_ = now_.monotonic + wake_period;
  }
  bound_tombstones();  // not before: slots are in use meanwhile
  trim_log();
  effects_.messages = outbox.take();
  effects_.wake_up = expected_;
  Effects out;
  std::swap(out, effects_);
  return out;
}

void Node::Impl::tell_time(Now now) {
  // Whoever calls without being late proves that the node runs, even while its timer waits behind requests.
  const Monotonic proven = std::max(expected_, now_.monotonic);
  now_.wall_ms = now.wall_ms;
  now_.monotonic = std::max(now_.monotonic, now.monotonic);
  if (now_.monotonic > proven + lateness) {
    const Monotonic gap = now_.monotonic - proven;
    paused_ += gap;
    expected_ = now_.monotonic + wake_period;
    ++counters.pauses;
    judge_after_ = now_.monotonic - paused_ + std::clamp(gap, judge_pause_min, judge_pause_max);
  }
  running_ = now_.monotonic - paused_;
}

void Node::Impl::pass_time() {
  if (isolated()) settled_ = running_ + settling;
  if (running_ < judge_after_) return;
  wheel_.advance(running_, [this](TimerHook& hook) { on_timer(static_cast<Slot&>(hook)); });
  apply_holds();
  end_overrides();
}

void Node::Impl::trim_log() {
  log.trim(running_, settings_.change_retention, settings_.limits.changes,
           [this](Service& service, const EntryPtr& entry) {
             Slot* slot = entry ? catalog.find(*service.name, entry->id) : nullptr;
             if (slot)
               forget_if_empty(*slot);
             else
               catalog.drop_if_unused(service);
           });
}

Monotonic Node::Impl::lease_end(const Slot& slot) const {
  const auto duration = seconds(slot.entry->record.registration->lease.duration_s);
  const bool twice = settings_.lease.doubled && slot.renewed_once;
  return slot.renewed + (twice ? duration * 2 : duration) + slot.extended;
}

void Node::Impl::schedule(Slot& slot) {
  const Monotonic end = lease_end(slot);
  const Monotonic late = slot.renewed + seconds(slot.entry->record.registration->lease.interval_s) * 3 / 2;
  wheel_.set(slot, slot.lease == LeaseState::ok ? std::min(late, end) : end);
}

void Node::Impl::renew_lease(Slot& slot) {
  slot.heard_here = running_;
  if (!holds(slot)) {
    if (passed_on(slot)) return;
    take_over(slot);
  }
  begin_term(slot);
  schedule(slot);
}

/// The lease is as if it had been renewed now.
void Node::Impl::begin_term(Slot& slot) {
  slot.renewed = running_;
  slot.renewed_ms = now_.wall_ms;
  slot.extended = Monotonic{0};
  if (slot.lease == LeaseState::ok) return;
  self_preservation.set_failing(slot, false);
  mark(slot, LeaseState::ok);
}

void Node::Impl::on_timer(Slot& slot) {
  if (slot.live) {
    judge_lease(slot);
  } else if (slot.scopes.all) {  // an expired lease has been counted as failing for one lease
    self_preservation.leave(slot);
    schedule_tombstone(slot);
  } else {
    forget(slot);
  }
}

void Node::Impl::judge_lease(Slot& slot) {
  if (!holds(slot)) return judge_holder(slot);
  if (slot.lease == LeaseState::ok) {
    self_preservation.set_failing(slot, true);
    mark(slot, LeaseState::late);
  }
  const Monotonic end = lease_end(slot);
  if (running_ < end) {
    schedule(slot);
  } else if (membership.any_linked() && running_ < end + passing_on) {
    wheel_.set(slot, end + passing_on);
  } else if (running_ < settled_) {
    wheel_.set(slot, running_ + isolation_look);  // its client may well reach the others
  } else if (self_preservation.hold(slot, running_, now_.wall_ms)) {
    mark(slot, LeaseState::held);
  } else {
    evict(slot, Cause::expired);
  }
}

void Node::Impl::apply_holds() {
  auto progress = self_preservation.advance(running_, now_.wall_ms);
  for (Hold& hold : progress.began) effects_.holds.push_back({std::move(hold), true});
  for (Slot* slot : progress.recovered) {
    // The rest of a scope that recovers may be about to renew as well: one more lease before they are judged again.
    slot->extended = running_ - slot->renewed;
    if (holds(*slot)) {
      mark(*slot, LeaseState::late);
      schedule(*slot);
    } else {
      slot->renewed = running_;
      judge_holder(*slot);
    }
  }
  for (const auto& [slot, cause] : progress.evict) evict(*slot, cause);
  for (Hold& hold : progress.ended) effects_.holds.push_back({std::move(hold), false});
}

void Node::Impl::evict(Slot& slot, Cause cause) {
  Tombstone tombstone;
  tombstone.evicted = next_version(slot.entry->record);
  tombstone.why = cause;
  tombstone.judged_holder = slot.entry->record.holder.version;
  take_out(slot, tombstone);
}

void Node::Impl::take_out(Slot& slot, const Tombstone& tombstone) {
  Record record = slot.entry->record;
  const Cause cause = tombstone.cause();
  Record end;
  end.tombstone = std::make_shared<const Tombstone>(tombstone);
  record = merge(record, end);
  const bool ends = override_value(record) && record.override_->ends_with_cancel && cause == Cause::cancelled;
  const bool full = dormant_.size() >= settings_.limits.dormant_overrides;  // those that wait already were there first
  if (override_value(record) && (ends || full)) clear_override(record, tombstone.version());
  end_life(slot, std::move(record), cause);
}

/// `record` does not live any more.
void Node::Impl::end_life(Slot& slot, Record record, Cause cause) {
  const auto lease = slot.entry->record.registration->lease;
  mark(slot, LeaseState::ok);
  Times times = slot.entry->times;
  times.evicted_ms = times.updated_ms = now_.wall_ms;
  times.renewed_ms = slot.renewed_ms;
  // Readers are shown what left, even where not even that is kept.
  const bool shown = record.registration.has_value();
  commit(slot, shown ? record : slot.entry->record, times, cause, Action::deleted);
  if (!shown) replace_quietly(slot, std::move(record));
  const bool counts_on = cause == Cause::expired && slot.scopes.failing;  // for one lease
  if (!counts_on) self_preservation.leave(slot);
  keep_dead(slot, counts_on ? seconds(lease.duration_s) : settings_.tombstone_retention);
}

/// A record that does not live is remembered from now on; after `span` the node looks at it again.
void Node::Impl::keep_dead(Slot& slot, Monotonic span) {
  const Key key{*slot.service->name, slot.entry->id};
  slot.renewed = running_;
  if (override_value(slot.entry->record)) {
    dormant_[key] = &slot;
    const Monotonic longest = dormant_until_max(slot);
    set_override_due(slot, slot.override_due.count() ? std::min(slot.override_due, longest) : longest);
  } else {
    dormant_.erase(key);
    end_override(slot);
  }
  tombstones_.emplace(std::pair(running_, key), &slot);
  wheel_.set(slot, running_ + span);
}

void Node::Impl::schedule_tombstone(Slot& slot) {
  wheel_.set(slot, slot.renewed + settings_.tombstone_retention);
}

void Node::Impl::set_override_due(Slot& slot, Monotonic due) {
  const Key key{*slot.service->name, slot.entry->id};
  if (slot.override_due.count()) override_dues_.erase({slot.override_due, key});
  slot.override_due = due;
  if (due.count()) override_dues_.emplace(std::pair(due, key), &slot);
}

/// Precondition: the record has ended, at `slot.renewed`.
Monotonic Node::Impl::dormant_until_max(const Slot& slot) const {
  return slot.renewed + override_memory;
}

void Node::Impl::end_override(Slot& slot) {
  slot.override_until = Monotonic{0};
  set_override_due(slot, Monotonic{0});
}

void Node::Impl::end_overrides() {
  while (!override_dues_.empty() && override_dues_.begin()->first.first <= running_) {
    Slot& slot = *override_dues_.begin()->second;
    end_override(slot);
    Record record = slot.entry->record;
    if (slot.live) {
      clear_override(record, next_version(record));
      Times times = slot.entry->times;
      times.updated_ms = now_.wall_ms;
      commit(slot, std::move(record), times, Cause::undrained, Action::modified);
    } else {
      drop_dormant_override(slot);
    }
  }
}

void Node::Impl::drop_dormant_override(Slot& slot) {
  Record record = slot.entry->record;
  clear_override(record, next_version(record));
  replace_quietly(slot, std::move(record));
  const Key key{*slot.service->name, slot.entry->id};
  if (!tombstones_.contains({slot.renewed, key})) return keep_dead(slot, settings_.tombstone_retention);
  dormant_.erase(key);
  end_override(slot);
}

void Node::Impl::forget(Slot& slot) {
  if (replication.may_forget(slot.entry->record, settings_.peers, running_)) return forget_now(slot);
  wheel_.set(slot, running_ + forget_look);
}

void Node::Impl::forget_now(Slot& slot) {
  const Key key{*slot.service->name, slot.entry->id};
  replication.forgot(slot.entry->record);
  tombstones_.erase({slot.renewed, key});
  if (slot.scopes.all) self_preservation.leave(slot);
  auto entry = std::make_shared<Entry>(*slot.entry);
  const auto override_ = entry->record.override_;
  entry->record = Record{};
  if (override_ && override_->value) entry->record.override_ = override_;
  catalog.replace(slot, std::move(entry), false);
  slot.unlink();
  forget_if_empty(slot);
}

void Node::Impl::forget_if_empty(Slot& slot) {
  if (slot.live || newest(slot.entry->record)) return;  // what is left of a record is remembered in its own time
  // A slot knows its last change: forgotten earlier, a new one of the same key would stand in a delta beside it.
  if (!log.has(slot.change)) catalog.forget(slot);
}

void Node::Impl::bound_tombstones() {
  while (tombstones_.size() > settings_.limits.tombstones) forget_now(*tombstones_.begin()->second);
}

void Node::Impl::commit(Slot& slot, Record record, Times times, Cause cause, Action action) {
  auto entry = std::make_shared<Entry>();
  entry->service = slot.service->name;
  entry->id = slot.entry->id;
  entry->record = std::move(record);
  entry->times = times;
  entry->action = action;
  entry->visible = visible_status(entry->record);
  const bool live = action != Action::deleted;
  if (entry->visible == Status::up && live && entry->times.up_since_ms == 0) entry->times.up_since_ms = now_.wall_ms;

  const bool was_live = slot.live;
  const auto payload_before = was_live ? slot.entry->record.registration->payload : nullptr;
  catalog.replace(slot, entry, live);
  if (live && entry->record.registration->payload != payload_before) update_scopes(slot, payload_before.get());
  catalog.changed(*slot.service, ++revision_);
  log.append(slot, cause, entry, running_, revision_);
  replication.written(*entry);
  effects_.facts.push_back({cause, {*slot.service->name, slot.entry->id}, by_});
}

void Node::Impl::update_scopes(Slot& slot, const std::string* payload_before) {
  thread_local model::PayloadView view, before;  // they keep their capacity: this runs at every new payload
  model::unpack(*slot.entry->record.registration->payload, view);
  const std::string_view zone = model::effective_zone(view);
  if (payload_before) {
    model::unpack(*payload_before, before);
    if (before.address == view.address && model::effective_zone(before) == zone) return;
  }
  if (slot.scopes.all) self_preservation.leave(slot);
  self_preservation.join(slot, subnet_of(view.address), zone);
  self_preservation.set_holder(slot, holder_name(slot));
  if (slot.lease != LeaseState::ok) self_preservation.set_failing(slot, true);
}

Gauges Node::Impl::gauges() const {
  Gauges out;
  out.instances = catalog.live();
  out.services = catalog.live_services();
  out.held = catalog.held();
  out.late = catalog.late();
  out.tombstones = tombstones_.size();
  out.dormant_overrides = dormant_.size();
  out.changes = log.size();
  out.isolated = isolated();
  out.waiting_changes = replication.waiting();
  out.unconfirmed = unconfirmed_.size();
  return out;
}

DeltaViewPtr Node::Impl::delta_view() {
  if (log.complete(running_)) return catalog.delta_view(log.latest());
  // Some changes had to go before their time, and a reader's hash of status counts would not tell it: it gets all that
  // lives, and all that left of services that it may know.
  std::vector<EntryPtr> entries;
  for (const auto& [key, slot] : tombstones_)
    if (slot->service->size > 0) entries.push_back(slot->entry);
  for (const SegmentPtr& segment : catalog.registry_view()->segments)
    entries.insert(entries.end(), segment->entries.begin(), segment->entries.end());
  return catalog.delta_view(std::move(entries));
}

std::vector<DormantOverride> Node::Impl::dormant_overrides() const {
  std::vector<DormantOverride> out;
  for (const auto& [key, slot] : dormant_) out.push_back({key, slot->entry->record.override_});
  return out;
}

SelfPreservationView Node::Impl::self_preservation_view(Now now) const {
  return {settings_.self_preservation.enabled, self_preservation.holds(running_at(now), now.wall_ms)};
}

std::optional<std::vector<ServiceChange>> Node::Impl::changes(std::string_view service, std::uint64_t revision) const {
  const Service* known = catalog.find_service(service);
  if (!known) return std::nullopt;
  const auto found = log.since(*known, revision);
  if (!found) return std::nullopt;
  std::vector<ServiceChange> out;
  out.reserve(found->size());
  for (const Change& change : *found) out.push_back({change.revision, change.cause, change.entry, change.hash});
  return out;
}

}  // namespace muster::core
