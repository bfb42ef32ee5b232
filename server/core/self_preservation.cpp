#include "server/core/self_preservation.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cassert>

#include "server/core/slot.hpp"

namespace muster::core {
namespace {

constexpr std::size_t services_min = 3;   ///< an infrastructure fault shows in several services
constexpr std::size_t batch_min = 5;      ///< what an ending hold evicts at least at a time
constexpr std::size_t batch_percent = 5;  ///< and at most as a share of its scope, if that is more
constexpr std::chrono::seconds batch_pause{5};
constexpr std::size_t listed_max = 100;  ///< held instances that a description names

bool infrastructure(const Scope& scope) {
  return scope.kind != ScopeKind::service;
}

Slot& slot_of(Hook& hook) {
  return static_cast<Slot&>(static_cast<TimerHook&>(hook));
}

}  // namespace

Scope& SelfPreservation::scope(ScopeKind kind, std::string_view name) {
  auto& place = scopes_[ScopeKey(kind, name)];
  if (!place) {
    place = std::make_unique<Scope>();
    place->kind = kind;
    place->name = name;
  }
  return *place;
}

void SelfPreservation::join(Slot& slot, std::string_view subnet, std::string_view zone) {
  assert(!slot.scopes.all);
  slot.scopes.service = &scope(ScopeKind::service, *slot.service->name);
  if (!subnet.empty()) slot.scopes.subnet = &scope(ScopeKind::subnet, subnet);
  if (!zone.empty()) slot.scopes.zone = &scope(ScopeKind::zone, zone);
  slot.scopes.all = &scope(ScopeKind::all, {});
  for (Scope* each : {slot.scopes.service, slot.scopes.subnet, slot.scopes.zone, slot.scopes.all})
    if (each) ++each->members;
}

void SelfPreservation::leave(Slot& slot) {
  set_failing(slot, false);
  count_out(slot.scopes.service);
  count_out(slot.scopes.subnet);
  count_out(slot.scopes.zone);
  count_out(slot.scopes.holder);
  count_out(slot.scopes.all);
}

void SelfPreservation::count_out(Scope*& scope) {
  if (!scope) return;
  --scope->members;
  drop_if_unused(scope);
  scope = nullptr;
}

void SelfPreservation::drop_if_unused(Scope* scope) {
  if (scope->members > 0 || scope->held) return;
  if (scope->kind == ScopeKind::holder) silent_.erase(scope->name);
  scopes_.erase(ScopeKey(scope->kind, scope->name));
}

void SelfPreservation::set_failing(Slot& slot, bool failing) {
  if (!failing) leave_hold(slot);
  if (slot.scopes.failing != failing) count_failing(slot, failing);
}

void SelfPreservation::count_failing(Slot& slot, bool failing) {
  slot.scopes.failing = failing;
  const Scopes& scopes = slot.scopes;
  for (Scope* each : {scopes.service, scopes.subnet, scopes.zone, scopes.holder, scopes.all})
    if (each) count_failing(*each, *slot.service->name, failing);
}

void SelfPreservation::count_failing(Scope& scope, std::string_view service, bool failing) {
  scope.failing += failing ? std::size_t{1} : std::size_t(-1);
  if (!infrastructure(scope)) return;
  if (failing) {
    ++scope.failing_services[service];
  } else if (const auto place = scope.failing_services.find(service); --place->second == 0) {
    scope.failing_services.erase(place);
  }
}

void SelfPreservation::set_holder(Slot& slot, std::string_view holder) {
  Scope*& place = slot.scopes.holder;
  if (place ? place->name == holder : holder.empty()) return;
  if (place && slot.scopes.holding == place) leave_hold(slot);
  if (place && slot.scopes.failing) count_failing(*place, *slot.service->name, false);
  count_out(place);
  if (holder.empty()) return;
  place = &scope(ScopeKind::holder, holder);
  ++place->members;
  if (slot.scopes.failing) count_failing(*place, *slot.service->name, true);
}

void SelfPreservation::set_silent(const std::string& holder, bool silent) {
  if (!silent) {
    silent_.erase(holder);
    return;
  }
  const auto scope = scopes_.find(ScopeKey(ScopeKind::holder, holder));
  if (scope != scopes_.end()) silent_.try_emplace(holder, scope->second->members);
}

bool SelfPreservation::is_silent(const Scope* scope) const {
  return scope && silent_.contains(scope->name);
}

bool SelfPreservation::recovered(const Scope& scope) const {
  if (!settings_.enabled || !too_many_fail(scope)) return true;
  return scope.kind == ScopeKind::holder && !is_silent(&scope);
}

void SelfPreservation::leave_hold(Slot& slot) {
  if (!slot.scopes.holding) return;
  slot.unlink();
  --slot.scopes.holding->waiting_count;
  --held_instances_;
  slot.scopes.holding = nullptr;
}

bool SelfPreservation::too_many_fail(const Scope& scope) const {
  std::size_t members = scope.members;
  // Most clients of a silent holder have found another one; those that have not are a share of all that it had.
  if (scope.kind == ScopeKind::holder)
    if (const auto silent = silent_.find(scope.name); silent != silent_.end())
      members = std::max(members, silent->second);
  return members >= settings_.instances_min && scope.failing >= settings_.failing_min &&
         scope.failing * 100 > members * settings_.failing_percent;
}

bool SelfPreservation::several_services_fail(const Scope& scope) const {
  if (scope.failing_services.size() < services_min) return false;
  std::size_t biggest = 0, total = 0;
  for (const auto& [name, count] : scope.failing_services) {
    biggest = std::max(biggest, count);
    total += count;
    // Beside the biggest one the others must fail in number too: one service's crash with two stragglers is its own.
    if ((total - biggest) * 2 >= settings_.failing_min) return true;
  }
  return false;
}

Scope* SelfPreservation::scope_to_blame(const Slot& slot) const {
  const Scopes& scopes = slot.scopes;
  for (Scope* each : {scopes.holder, scopes.subnet, scopes.zone, scopes.all, scopes.service})
    if (each && each->held) return each;
  // First: what a silent node holds lives on when that is heard again, which says nothing to any other scope.
  if (is_silent(scopes.holder) && too_many_fail(*scopes.holder)) return scopes.holder;
  for (Scope* each : {scopes.subnet, scopes.zone})
    if (each && too_many_fail(*each) && several_services_fail(*each)) return each;
  if (too_many_fail(*scopes.all) && several_services_fail(*scopes.all)) return scopes.all;
  return too_many_fail(*slot.scopes.service) ? slot.scopes.service : nullptr;
}

bool SelfPreservation::hold(Slot& slot, Monotonic now, WallMs wall_ms) {
  assert(slot.scopes.failing);
  if (!settings_.enabled) return false;
  Scope* scope = scope_to_blame(slot);
  if (!scope) return false;
  if (!scope->held) begin(*scope, now, wall_ms);
  scope->waiting.push_back(slot);
  ++scope->waiting_count;
  ++held_instances_;
  slot.scopes.holding = scope;
  return true;
}

void SelfPreservation::begin(Scope& scope, Monotonic now, WallMs wall_ms) {
  scope.held = true;
  scope.ending = false;
  scope.since = now;
  scope.since_ms = wall_ms;
  held_.push_back(&scope);
  began_.push_back(describe(scope, now, wall_ms));
}

SelfPreservation::Progress SelfPreservation::advance(Monotonic now, WallMs wall_ms) {
  Progress progress;
  progress.began.swap(began_);
  const std::vector<Scope*> held = held_;
  for (Scope* scope : held) {
    if (!scope->ending && recovered(*scope)) {
      while (scope->waiting.linked()) {
        Slot& slot = slot_of(*scope->waiting.next);
        leave_hold(slot);  // stays counted as failing until it renews: it is still late
        progress.recovered.push_back(&slot);
      }
      end(*scope, progress, now, wall_ms);
      continue;
    }
    if (!scope->ending && now - scope->since >= hold_max(*scope)) {
      scope->ending = true;
      scope->ending_cause = Cause::hold_expired;
      scope->next_batch = now;
    }
    if (!scope->ending) continue;
    if (now >= scope->next_batch) {
      scope->next_batch = now + batch_pause;
      const std::size_t batch = std::max(batch_min, scope->members * batch_percent / 100);
      for (std::size_t i = 0; i < batch && scope->waiting.linked(); ++i) {
        Slot& slot = slot_of(*scope->waiting.next);
        leave_hold(slot);
        progress.evict.emplace_back(&slot, scope->ending_cause);
      }
    }
    if (!scope->waiting.linked()) end(*scope, progress, now, wall_ms);
  }
  return progress;
}

std::vector<Slot*> SelfPreservation::waiting() const {
  std::vector<Slot*> out;
  out.reserve(held_instances_);
  for (Scope* scope : held_)
    for (Hook* hook = scope->waiting.next; hook != &scope->waiting; hook = hook->next) out.push_back(&slot_of(*hook));
  return out;
}

void SelfPreservation::end(Scope& scope, Progress& progress, Monotonic now, WallMs wall_ms) {
  progress.ended.push_back(describe(scope, now, wall_ms));
  held_.erase(std::find(held_.begin(), held_.end(), &scope));
  scope.held = scope.ending = false;
  drop_if_unused(&scope);
}

bool SelfPreservation::release(ScopeKind kind, std::string_view name, Monotonic now) {
  const auto found = std::find_if(held_.begin(), held_.end(),
                                  [&](const Scope* scope) { return scope->kind == kind && scope->name == name; });
  if (found == held_.end()) return false;
  Scope& scope = **found;
  if (!scope.ending) {
    scope.ending = true;
    scope.ending_cause = Cause::hold_released;
    scope.next_batch = now;
  }
  return true;
}

std::chrono::seconds SelfPreservation::hold_max(const Scope& scope) const {
  return infrastructure(scope) ? settings_.hold_max_infrastructure : settings_.hold_max_service;
}

Hold SelfPreservation::describe(const Scope& scope, Monotonic now, WallMs wall_ms) const {
  Hold hold;
  hold.kind = scope.kind;
  hold.name = scope.name;
  hold.since_ms = scope.since_ms;
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(scope.since + hold_max(scope) - now);
  hold.until_ms = wall_ms + std::max<std::int64_t>(left.count(), 0);
  hold.ending = scope.ending;
  hold.instances = scope.members;
  hold.failing = scope.failing;
  hold.held_count = scope.waiting_count;
  for (const Hook* hook = scope.waiting.next; hook != &scope.waiting && hold.held.size() < listed_max;
       hook = hook->next) {
    const auto& slot = static_cast<const Slot&>(static_cast<const TimerHook&>(*hook));
    hold.held.push_back({*slot.entry->service, slot.entry->id});
  }
  hold.reason = std::to_string(scope.failing) + " of " + std::to_string(scope.members) +
                " leases failed together, more than " + std::to_string(settings_.failing_percent) + " percent";
  if (scope.ending)
    hold.reason += "; the hold is over and what it held is being evicted";
  else if (scope.kind == ScopeKind::holder)
    hold.reason += ": nothing is heard of the node that holds them, which may still hear them";
  else if (infrastructure(scope))
    hold.reason += ", in several services: a network fault until they renew";
  return hold;
}

std::vector<Hold> SelfPreservation::holds(Monotonic now, WallMs wall_ms) const {
  std::vector<Hold> out;
  out.reserve(held_.size());
  for (const Scope* scope : held_) out.push_back(describe(*scope, now, wall_ms));
  return out;
}

std::string subnet_of(std::string_view address) {
  const std::string text(address);
  in_addr four{};
  if (inet_pton(AF_INET, text.c_str(), &four) == 1) return text.substr(0, text.rfind('.')) + ".0/24";
  in6_addr six{};
  if (inet_pton(AF_INET6, text.c_str(), &six) != 1) return {};
  std::fill(six.s6_addr + 8, six.s6_addr + 16, std::uint8_t{0});
  std::array<char, INET6_ADDRSTRLEN> out{};
  inet_ntop(AF_INET6, &six, out.data(), out.size());
  return std::string(out.data()) + "/64";
}

}  // namespace muster::core
