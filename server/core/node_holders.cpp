#include <algorithm>
#include <utility>

#include "server/core/node_impl.hpp"
#include "server/core/rules.hpp"

// Leases that another node holds, and what it says of them.
namespace muster::core {
namespace {

/// A client that has not been heard of for its lease, but for this, is not defended: its eviction is about right.
constexpr Monotonic doubt{1'000'000};
/// So many renewals in a row, an interval apart, and their client has moved here.
constexpr unsigned passes_max = 3;
constexpr Monotonic all_marks_period{10'000'000};

/// Pairs of a key and a value in parts that are a message each.
template <class Pairs>
auto in_parts(const Pairs& pairs) {
  std::vector<std::vector<std::pair<Key, typename Pairs::value_type::second_type>>> parts;
  std::size_t bytes = message_bytes_max;
  for (const auto& [key, value] : pairs) {
    if (bytes >= message_bytes_max) {
      parts.emplace_back();
      bytes = 0;
    }
    parts.back().emplace_back(key, value);
    bytes += key.service.size() + key.id.size() + 16;
  }
  return parts;
}

}  // namespace

std::string Node::Impl::holder_name(const Slot& slot) const {
  return holds(slot) ? std::string{} : model::node_name(slot.entry->record.holder.node.node);
}

/// Its beacons renew the lease; when they stop, the client has one lease and two intervals to find another node.
void Node::Impl::watch_holder(Slot& slot) {
  begin_term(slot);
  self_preservation.set_holder(slot, holder_name(slot));
  holds(slot) ? schedule(slot) : judge_holder(slot);
}

void Node::Impl::judge_holder(Slot& slot) {
  const model::LeaseTerms& lease = slot.entry->record.registration->lease;
  const model::Origin& holder = slot.entry->record.holder.node;
  slot.renewed = std::max(slot.renewed, membership.confirmed(holder));
  const Monotonic late = slot.renewed + std::chrono::seconds(lease.interval_s) * 3 / 2;
  // One beacon renews all that a node holds: without a spread a million leases would be looked at in the same moment.
  const Monotonic spread =
      Monotonic(std::chrono::seconds(lease.interval_s)) * static_cast<int>(slot.key_hash % 1024) / 4096;
  const Monotonic end = slot.renewed + std::chrono::seconds(lease.duration_s + 2 * lease.interval_s) + spread;
  if (running_ < late) {
    const auto marked = marks_of_.find(holder);
    const bool said = marked != marks_of_.end() && marked->second.contains({*slot.service->name, slot.entry->id});
    if (!said) take_mark(slot, LeaseState::ok);
    wheel_.set(slot, late + spread);
    return;
  }
  if (slot.lease == LeaseState::ok) take_mark(slot, LeaseState::late);
  if (running_ < end)
    wheel_.set(slot, std::min(end, running_ + Monotonic(std::chrono::seconds(lease.interval_s)) / 4));
  else if (running_ < settled_)
    wheel_.set(slot, running_ + isolation_look);
  else if (self_preservation.hold(slot, running_, now_.wall_ms))
    take_mark(slot, LeaseState::held);
  else
    evict(slot, Cause::expired);
}

/// What another node holds is held back here while that is silent. Once it beacons again its leases run on.
void Node::Impl::look_at_held() {
  if (running_ < next_look_at_held_) return;
  next_look_at_held_ = running_ + isolation_look;
  for (Slot* slot : self_preservation.waiting()) {
    if (holds(*slot) || membership.confirmed(slot->entry->record.holder.node) <= slot->renewed) continue;
    take_mark(*slot, LeaseState::ok);  // which lets it go
    judge_holder(*slot);
  }
}

/// A renewal goes to the holder while that is heard. False: it is not, or is a boot that is over; or the client has
/// come to stay.
bool Node::Impl::passed_on(Slot& slot) {
  const model::Origin holder = slot.entry->record.holder.node;
  if (!membership.linked(holder) || running_ - membership.confirmed(holder) > Membership::silence_max) return false;
  const Monotonic interval = std::chrono::seconds(slot.entry->record.registration->lease.interval_s);
  slot.passes = running_ - slot.passed_at < interval * 3 / 2 ? slot.passes + 1 : 1;
  slot.passed_at = running_;
  if (slot.passes >= passes_max) return false;
  passed_on_[holder].emplace_back(Key{*slot.service->name, slot.entry->id}, running_);
  slot.renewed = running_;
  slot.renewed_ms = now_.wall_ms;
  return true;
}

void Node::Impl::take_over(Slot& slot) {
  Record record = slot.entry->record;
  record.holder = {next_version(record), settings_.origin};
  slot.passes = 0;
  replace_quietly(slot, std::move(record));
  self_preservation.set_holder(slot, {});
}

bool Node::Impl::heard_in_time(const Slot& slot) const {
  const auto duration = std::chrono::seconds(slot.entry->record.registration->lease.duration_s);
  return slot.heard_here.count() > 0 && running_ < slot.heard_here + duration - doubt;
}

/// Another node has evicted what renews here, whoever holds it: it had not heard of that. The lease is taken back, by a
/// move that its eviction had not seen. False: the record is dead for another reason too.
bool Node::Impl::defend(const Slot& slot, Record& record) {
  if (!stands(Rule::holder_defends) || !slot.live || !record.tombstone) return false;
  if (!heard_in_time(slot) && (!holds(slot) || running_ >= lease_end(slot))) return false;
  Record taken_back = record;
  taken_back.holder = {next_version(record), settings_.origin};
  if (!is_live(taken_back)) return false;
  record = std::move(taken_back);
  ++counters.defended;
  return true;
}

/// A later write of another node has made that the holder, while the client renewed here all the time.
void Node::Impl::tell_holder(Slot& slot) {
  const model::Origin& holder = slot.entry->record.holder.node;
  if (!holds(slot) && heard_in_time(slot) && membership.linked(holder))
    passed_on_[holder].emplace_back(Key{*slot.service->name, slot.entry->id}, slot.heard_here);
}

void Node::Impl::pass_on_renewals() {
  for (auto& [holder, renewed] : passed_on_) {
    for (auto& [key, at] : renewed) at = running_ - at;
    if (!membership.linked(holder)) continue;
    for (auto& part : in_parts(renewed)) outbox.send(holder, Renewals{std::move(part)});
  }
  passed_on_.clear();
}

void Node::Impl::take_renewals(const Renewals& message) {
  for (const auto& [key, age] : message.renewed) {
    Slot* slot = catalog.find(key.service, key.id);
    if (!slot || !slot->live || !holds(*slot)) continue;
    const Monotonic at = running_ - age;
    if (at <= slot->renewed) continue;
    slot->renewed_once = true;
    renew_lease(*slot);
    slot->renewed = slot->heard_here = at;
    schedule(*slot);
  }
}

// --- marks

/// This node's own opinion of a lease that it holds.
void Node::Impl::mark(Slot& slot, LeaseState state) {
  if (slot.lease == state) return;
  const Key key{*slot.service->name, slot.entry->id};
  if (state == LeaseState::ok)
    marks_.erase(key);
  else
    marks_[key] = state;
  if (membership.any_linked()) marks_to_tell_[key] = state;
  catalog.mark(slot, state);
}

/// Of a lease that another node holds.
void Node::Impl::take_mark(Slot& slot, LeaseState state) {
  if (slot.lease == state) return;
  if (slot.scopes.all) self_preservation.set_failing(slot, state != LeaseState::ok);
  catalog.mark(slot, state);
}

void Node::Impl::tell_marks() {
  if (running_ >= next_marks_) {
    next_marks_ = running_ + all_marks_period;
    for (const auto& [node, member] : membership.members())
      if (member.linked) tell_all_marks(member.origin);
    marks_to_tell_.clear();
  }
  for (auto& part : in_parts(marks_to_tell_)) outbox.send_all(peer::Marks{false, std::move(part)});
  marks_to_tell_.clear();
}

void Node::Impl::tell_all_marks(const model::Origin& peer) {
  auto parts = in_parts(marks_);
  if (parts.empty()) parts.emplace_back();
  // Where they are more than one message holds, none of them says what is ok; changes, told one by one, do.
  const bool whole = parts.size() == 1;
  for (auto& part : parts) outbox.send(peer, peer::Marks{whole, std::move(part)});
}

void Node::Impl::take_marks(const model::Origin& peer, const peer::Marks& message) {
  std::set<Key>& marked = marks_of_[peer];
  const std::set<Key> before = message.whole ? std::exchange(marked, {}) : std::set<Key>{};
  const auto put = [&](const Key& key, LeaseState state) {
    Slot* slot = catalog.find(key.service, key.id);
    if (slot && slot->live && slot->entry->record.holder.node == peer) take_mark(*slot, state);
  };
  for (const auto& [key, state] : message.marks) {
    if (state == LeaseState::ok)
      marked.erase(key);
    else
      marked.insert(key);
    put(key, state);
  }
  for (const Key& key : before)
    if (!marked.contains(key)) put(key, LeaseState::ok);
}

}  // namespace muster::core
