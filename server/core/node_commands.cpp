#include <algorithm>
#include <cassert>

#include "server/core/lease_terms.hpp"
#include "server/core/node_impl.hpp"
#include "server/core/rules.hpp"

namespace muster::core {
namespace {

Incarnation incarnation_of(std::int64_t milliseconds) {
  return std::min<Incarnation>(static_cast<Incarnation>(std::max<std::int64_t>(milliseconds, 0)),
                               model::incarnation_max);
}

/// Removals that hide nothing of the payload are remembered only while there is room for them.
void drop_idle_removals(Overlay& overlay, const std::string& payload) {
  model::PayloadView view;
  model::unpack(payload, view);
  std::erase_if(overlay, [&](const auto& item) {
    const auto hidden = [&](const auto& entry) { return entry.first == item.first; };
    return !item.second.value && std::none_of(view.metadata.begin(), view.metadata.end(), hidden);
  });
}

bool cancelled(const Slot& slot) {
  return slot.entry->record.tombstone && slot.entry->record.tombstone->cause() == Cause::cancelled;
}

Incarnation fenced(const Slot& slot) {
  return slot.entry->record.tombstone ? slot.entry->record.tombstone->fenced : 0;
}

}  // namespace

Version Node::Impl::next_version(const Record& record) {
  return clock_.next(now_.wall_ms, newest(record));
}

Outcome Node::Impl::answer(Result result, const Slot& slot) const {
  Outcome out;
  out.result = result;
  if (!slot.live) return out;
  out.state.entry = slot.entry;
  out.state.lease = slot.lease;
  out.state.renewed_ms = slot.renewed_ms;
  out.state.dirty_ms = slot.dirty_ms;
  out.state.expires_ms = now_.wall_ms + (lease_end(slot) - running_).count() / 1000;
  return out;
}

/// While the state of the others is on its way nobody knows. A node that warms up has it, and there is nothing: its
/// clients are to register again.
Result Node::Impl::unknown() const {
  const NodeState state = startup.state();
  return state == NodeState::cold || state == NodeState::syncing ? Result::not_ready : Result::unknown_instance;
}

Outcome Node::Impl::gone_or_unknown(const Slot* slot) const {
  Outcome out;
  // Where a peer is missing it may have taken a new life of it, and "cancelled" is for good.
  if (slot && !slot->live && cancelled(*slot) && membership.linked() >= settings_.peers)
    out.result = Result::cancelled;
  else
    out.result = unknown();
  return out;
}

// --- registering

std::optional<Result> Node::Impl::refusal(const Register& command, Slot* slot) const {
  if (!slot) return std::nullopt;
  if (slot->live) {
    if (command.incarnation && *command.incarnation < slot->incarnation) return Result::ignored_as_late;
    if (command.dirty_ms && *command.dirty_ms < slot->dirty_ms && running_ - slot->dirty_heard < retransmission)
      return Result::ignored_as_late;
    return std::nullopt;
  }
  const auto& tombstone = slot->entry->record.tombstone;
  if (!tombstone || tombstone->fenced == 0) return std::nullopt;
  if (command.incarnation && *command.incarnation <= tombstone->fenced) return Result::cancelled;
  if (command.dirty_ms && incarnation_of(*command.dirty_ms) <= tombstone->fenced &&
      running_ - slot->fenced_at < retransmission)
    return Result::cancelled;
  return std::nullopt;
}

std::optional<std::string> Node::Impl::limit_for(const Key& key, const Slot* slot) const {
  if (slot && slot->live) return std::nullopt;
  if (catalog.live() >= settings_.limits.instances) return "limits.instances";
  if (!catalog.knows_service(key.service) && catalog.services() >= settings_.limits.services) return "limits.services";
  return std::nullopt;
}

bool Node::Impl::only_renews(const Register& command, const Slot& slot, const model::LeaseTerms& terms) const {
  const Registration& stored = *slot.entry->record.registration;
  const bool same_life = !command.incarnation || *command.incarnation == stored.incarnation;
  const bool sets_override = command.override_ && !override_value(slot.entry->record);
  return same_life && !sets_override && stored.reported == command.reported && stored.lease == terms &&
         *stored.payload == *command.payload;
}

void Node::Impl::hear(Slot& slot, Incarnation incarnation, std::int64_t dirty_ms) {
  slot.incarnation = incarnation;
  slot.dirty_ms = dirty_ms;
  slot.dirty_heard = running_;
}

Outcome Node::Impl::carry_out(const Register& command) {
  Slot* known = catalog.find(command.key.service, command.key.id);
  if (const auto refused = refusal(command, known)) {
    if (*refused == Result::ignored_as_late) return answer(*refused, *known);
    Outcome out;
    out.result = *refused;
    return out;
  }
  if (auto limit = limit_for(command.key, known)) {
    Outcome out;
    out.result = Result::limit_reached;
    out.limit = std::move(*limit);
    return out;
  }
  const GrantedLease lease = grant(command.lease, command.face, settings_.lease);
  Slot& slot = known ? *known : catalog.slot(command.key);
  ++counters.registrations;
  Outcome out;
  if (slot.live && only_renews(command, slot, lease.terms)) {
    if (command.face == Face::eureka) {
      const std::int64_t dirty = command.dirty_ms.value_or(now_.wall_ms);
      hear(slot, std::max(slot.incarnation, incarnation_of(dirty)), dirty);
    }
    slot.renewed_once = false;
    renew_lease(slot);
    out = answer(Result::unchanged, slot);
  } else {
    out = accept(command, slot, lease.terms);
  }
  out.lease_raised = lease.raised;
  return out;
}

Outcome Node::Impl::accept(const Register& command, Slot& slot, const model::LeaseTerms& terms) {
  const bool was_live = slot.live;
  const Record& before = slot.entry->record;
  Record record = before;  // a tombstone stays: its fence is for when this life, too, has ended

  Registration registration;
  registration.version = next_version(before);
  if (!was_live && before.tombstone && stands(Rule::in_sight_lives))
    record.over = {before.tombstone->version(), registration.version};
  registration.payload =
      was_live && *before.registration->payload == *command.payload ? before.registration->payload : command.payload;
  registration.reported = command.reported;
  registration.lease = terms;
  // What is assigned follows what was heard or fenced, so that it is new in every order of arrival; and the clock of
  // versions, which does not step back, so that it is new also when the fence is forgotten.
  const Incarnation fenced = before.tombstone ? before.tombstone->fenced : 0;
  const Incarnation assigned =
      std::min(std::max({HybridClock::physical_ms(registration.version), fenced + 1, slot.incarnation + 1}),
               model::incarnation_max);
  registration.dirty_ms =
      command.dirty_ms.value_or(command.incarnation ? static_cast<std::int64_t>(*command.incarnation) : now_.wall_ms);
  if (command.face == Face::native && was_live && !command.incarnation)
    registration.incarnation = before.registration->incarnation;  // the same life with other content
  else
    registration.incarnation = command.incarnation ? *command.incarnation
                               : command.dirty_ms  ? incarnation_of(*command.dirty_ms)
                                                   : assigned;
  registration.rank = std::max(registration.incarnation, fenced);
  if (before.registration) registration.rank = std::max(registration.rank, before.registration->rank);
  record.holder = {registration.version, settings_.origin};
  if (command.override_ && !override_value(record)) {
    auto override_ = std::make_shared<Override>();
    override_->version = registration.version;
    override_->value = *command.override_;
    override_->by = by_;
    override_->ends_with_cancel = true;
    record.override_ = std::move(override_);
  }
  const bool same_life = was_live && registration.incarnation == before.registration->incarnation;
  hear(slot, same_life ? std::max(slot.incarnation, registration.incarnation) : registration.incarnation,
       registration.dirty_ms);
  record.registration = std::move(registration);
  settle(record);

  Times times;
  times.registered_ms = times.renewed_ms = times.updated_ms = now_.wall_ms;
  times.up_since_ms = was_live ? slot.entry->times.up_since_ms : 0;
  if (!was_live) revive(slot);
  commit(slot, std::move(record), times, was_live ? Cause::changed : Cause::registered, Action::added);
  slot.renewed_once = false;
  renew_lease(slot);
  return answer(was_live ? Result::ok : Result::created, slot);
}

void Node::Impl::revive(Slot& slot) {
  const Key key{*slot.service->name, slot.entry->id};
  tombstones_.erase({slot.renewed, key});
  dormant_.erase(key);
  // While it was dormant the override had a limit to its life; with a record it has only the one that it was given.
  if (override_value(slot.entry->record)) set_override_due(slot, slot.override_until);
}

// --- renewing

Result Node::Impl::renew(const Key& key, Face face, std::optional<std::int64_t> dirty_ms,
                         std::optional<Incarnation> incarnation) {
  Slot* slot = catalog.find(key.service, key.id);
  const bool later_life = slot && incarnation && *incarnation > std::max(slot->incarnation, fenced(*slot));
  if (!slot || !slot->live || later_life) {
    ++counters.renewals_unknown;
    return later_life ? unknown() : gone_or_unknown(slot).result;
  }
  if (incarnation && *incarnation < slot->incarnation) return Result::ignored_as_late;
  if (face == Face::eureka && slot->entry->visible == Status::unknown) return Result::unknown_status;
  ++counters.renewals;
  slot->renewed_once = true;
  renew_lease(*slot);
  if (!dirty_ms || *dirty_ms == slot->dirty_ms) return Result::unchanged;
  return *dirty_ms > slot->dirty_ms ? Result::client_is_newer : Result::client_is_older;
}

Outcome Node::Impl::carry_out(const Renew& command) {
  Outcome out;
  out.result = renew(command.key, command.face, command.dirty_ms, command.incarnation);
  if (out.result == Result::client_is_older || out.result == Result::client_is_newer)
    return answer(out.result, *catalog.find(command.key.service, command.key.id));
  return out;
}

Outcome Node::Impl::carry_out(const RenewMany& command) {
  Outcome out;
  out.items.reserve(command.keys.size());
  for (const Key& key : command.keys) out.items.push_back(renew(key, Face::native, std::nullopt, std::nullopt));
  return out;
}

// --- what changes a live record

Outcome Node::Impl::carry_out(const Cancel& command) {
  Slot* slot = catalog.find(command.key.service, command.key.id);
  Outcome out;
  if (!slot || !slot->live) {
    out.result = unknown();
    return out;
  }
  if (command.incarnation && *command.incarnation < slot->incarnation) return answer(Result::ignored_as_late, *slot);
  ++counters.cancels;
  Tombstone tombstone;
  tombstone.fenced = std::max({slot->incarnation, slot->entry->record.registration->incarnation, Incarnation{1}});
  out.state.entry = slot->entry;
  slot->fenced_at = running_;
  tombstone.cancelled = next_version(slot->entry->record);
  take_out(*slot, tombstone);
  return out;
}

Outcome Node::Impl::carry_out(const SetStatus& command) {
  Slot* slot = catalog.find(command.key.service, command.key.id);
  if (!slot || !slot->live) return gone_or_unknown(slot);
  if (command.incarnation && *command.incarnation < slot->incarnation) return answer(Result::ignored_as_late, *slot);
  const bool same = slot->entry->record.registration->reported == command.status;
  if (!same) {
    Record record = slot->entry->record;
    record.registration->version = next_version(record);
    record.registration->reported = command.status;
    Times times = slot->entry->times;
    times.updated_ms = times.renewed_ms = now_.wall_ms;
    commit(*slot, std::move(record), times, Cause::changed, Action::modified);
  }
  slot->renewed_once = true;
  renew_lease(*slot);
  return answer(same ? Result::unchanged : Result::ok, *slot);
}

void Node::Impl::raise_dirty(Slot& slot, std::optional<std::int64_t> dirty_ms) {
  if (dirty_ms && *dirty_ms > slot.dirty_ms)
    hear(slot, std::max(slot.incarnation, incarnation_of(*dirty_ms)), *dirty_ms);
}

Outcome Node::Impl::carry_out(const SetOverride& command) {
  Slot* slot = catalog.find(command.key.service, command.key.id);
  const bool dormant = slot && !slot->live && override_value(slot->entry->record);
  if (!slot || (!slot->live && (!dormant || command.face == Face::eureka))) return gone_or_unknown(slot);
  raise_dirty(*slot, command.dirty_ms);
  auto override_ = std::make_shared<Override>();
  override_->value = command.value;
  override_->reason = command.reason;
  override_->by = command.by.empty() ? by_ : command.by;
  override_->ends_with_cancel = command.face == Face::eureka;
  if (command.ttl) override_->until_ms = now_.wall_ms + std::chrono::milliseconds(*command.ttl).count();
  return put_override(*slot, std::move(override_), command.face, command.ttl, Cause::drained);
}

Outcome Node::Impl::carry_out(const ClearOverride& command) {
  Slot* slot = catalog.find(command.key.service, command.key.id);
  if (!slot || (!slot->live && (!override_value(slot->entry->record) || command.face == Face::eureka)))
    return gone_or_unknown(slot);
  raise_dirty(*slot, command.dirty_ms);
  if (!override_value(slot->entry->record)) {
    if (command.face == Face::eureka) slot->renewed_once = true, renew_lease(*slot);
    return answer(Result::unchanged, *slot);
  }
  return put_override(*slot, std::make_shared<Override>(), command.face, std::nullopt, Cause::undrained);
}

Outcome Node::Impl::put_override(Slot& slot, std::shared_ptr<Override> override_, Face face,
                                 std::optional<std::chrono::seconds> ttl, Cause cause) {
  Record record = slot.entry->record;
  const bool cleared = !override_->value;
  const auto& before = record.override_;
  if (slot.live && !ttl && !cleared && before && before->value == override_->value && before->until_ms == 0 &&
      before->reason == override_->reason && before->by == override_->by &&
      before->ends_with_cancel == override_->ends_with_cancel) {
    if (face == Face::eureka) slot.renewed_once = true, renew_lease(slot);
    return answer(Result::unchanged, slot);
  }
  override_->version = next_version(record);
  record.override_ = std::move(override_);
  if (slot.live) {
    Times times = slot.entry->times;
    times.updated_ms = now_.wall_ms;
    if (face == Face::eureka) times.renewed_ms = now_.wall_ms;
    commit(slot, std::move(record), times, cause, Action::modified);
    slot.override_until = ttl ? running_ + Monotonic(*ttl) : Monotonic{0};
    set_override_due(slot, slot.override_until);
    if (face == Face::eureka) slot.renewed_once = true, renew_lease(slot);
    return answer(Result::ok, slot);
  }
  // Dormant: nobody sees it, so it is no change of content. Cleared, it goes; set anew, it has a time of its own.
  if (cleared) {
    drop_dormant_override(slot);
    return {};
  }
  replace_quietly(slot, std::move(record));
  slot.override_until = ttl ? running_ + Monotonic(*ttl) : Monotonic{0};
  const Monotonic longest = dormant_until_max(slot);
  set_override_due(slot, ttl ? std::min(longest, slot.override_until) : longest);
  return {};
}

Outcome Node::Impl::carry_out(const PatchMetadata& command) {
  Slot* slot = catalog.find(command.key.service, command.key.id);
  if (!slot || !slot->live) return gone_or_unknown(slot);
  Record record = slot->entry->record;
  const Version version = next_version(record);
  auto overlay = record.overlay ? std::make_shared<Overlay>(*record.overlay) : std::make_shared<Overlay>();
  bool same = true;
  std::size_t bytes = 0;
  for (const auto& [key, value] : command.changes) {
    auto& entry = (*overlay)[key];
    if (!entry.version || entry.value != value) {
      entry = {version, value};
      same = false;
    }
  }
  if (overlay->size() > settings_.limits.overlay_entries) drop_idle_removals(*overlay, *record.registration->payload);
  for (const auto& [key, entry] : *overlay) bytes += key.size() + (entry.value ? entry.value->size() : 0);
  Outcome out;
  if (overlay->size() > settings_.limits.overlay_entries || bytes > settings_.limits.overlay_bytes) {
    out.result = Result::limit_reached;
    out.limit = overlay->size() > settings_.limits.overlay_entries ? "limits.overlay_entries" : "limits.overlay_bytes";
    return out;
  }
  if (!same) {
    record.overlay = std::move(overlay);
    Times times = slot->entry->times;
    times.updated_ms = now_.wall_ms;
    commit(*slot, std::move(record), times, Cause::changed, Action::modified);
  }
  if (command.face == Face::eureka) slot->renewed_once = false, renew_lease(*slot);  // there it is a registration
  return answer(same ? Result::unchanged : Result::ok, *slot);
}

// --- the rest

Outcome Node::Impl::carry_out(const ReadInstance& command) {
  Slot* slot = catalog.find(command.key.service, command.key.id);
  if (!slot || !slot->live) return gone_or_unknown(slot);
  return answer(Result::ok, *slot);
}

Outcome Node::Impl::carry_out(const ReleaseHold& command) {
  Outcome out;
  out.result = self_preservation.release(command.kind, command.name, running_) ? Result::ok : Result::unknown_hold;
  return out;
}

}  // namespace muster::core
