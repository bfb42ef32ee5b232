#include "server/core/catalog.hpp"

#include <xxhash.h>

#include <algorithm>
#include <cassert>
#include <tuple>

#include "server/core/content_hash.hpp"

namespace muster::core {
namespace {

/// The names of a VIP list: split at commas, not trimmed, as Eureka does it.
template <class F>
void for_each_vip(std::string_view list, F&& f) {
  while (!list.empty()) {
    const auto comma = list.find(',');
    const std::string_view name = list.substr(0, comma);
    if (!name.empty()) f(name);
    list = comma == std::string_view::npos ? std::string_view{} : list.substr(comma + 1);
  }
}

bool have_same_vips(const Entry& a, const Entry& b) {
  const auto& payload_a = a.record.registration->payload;
  const auto& payload_b = b.record.registration->payload;
  if (payload_a == payload_b) return true;
  thread_local model::PayloadView view_a, view_b;  // they keep their capacity: this runs at every new payload
  model::unpack(*payload_a, view_a);
  model::unpack(*payload_b, view_b);
  return view_a.vip_address == view_b.vip_address && view_a.secure_vip_address == view_b.secure_vip_address;
}

bool lists_vip(std::string_view list, std::string_view wanted) {
  bool found = false;
  for_each_vip(list, [&](std::string_view name) { found = found || name == wanted; });
  return found;
}

}  // namespace

bool Catalog::Equal::operator()(const Wanted& a, const Place& b) const {
  return a.hash == b.hash && a.id == b.slot->entry->id && a.service == *b.slot->service->name;
}

Catalog::Catalog(std::uint64_t seed) : seed_(seed) {}

Catalog::Wanted Catalog::wanted(std::string_view service, std::string_view id) const {
  const auto of_service = XXH3_64bits_withSeed(service.data(), service.size(), seed_);
  return {XXH3_64bits_withSeed(id.data(), id.size(), of_service), service, id};
}

Slot* Catalog::find(std::string_view service, std::string_view id) {
  const auto place = slots_.find(wanted(service, id));
  return place == slots_.end() ? nullptr : place->slot.get();
}

const Service* Catalog::find_service(std::string_view name) const {
  const auto place = services_.find(name);
  return place == services_.end() ? nullptr : place->second.get();
}

Slot& Catalog::slot(const Key& key) {
  if (Slot* found = find(key.service, key.id)) return *found;
  auto& service = services_[key.service];
  if (!service) {
    service = std::make_unique<Service>();
    service->name = std::make_shared<const std::string>(key.service);
    service->group = XXH3_64bits(key.service.data(), key.service.size()) % groups_.size();
    SummaryGroup& group = groups_[service->group];
    service->place = group.services.size();
    group.services.push_back(service.get());
    own_summaries(group).push_back({service->name, 0, {}, 0, {}});
  }
  ++service->slots;
  auto entry = std::make_shared<Entry>();
  entry->service = service->name;
  entry->id = key.id;
  auto made = std::make_unique<Slot>();
  made->service = service.get();
  made->entry = std::move(entry);
  return *slots_.insert(Place{wanted(key.service, key.id).hash, std::move(made)}).first->slot;
}

std::vector<Slot*> Catalog::slots_where(const std::function<bool(const Slot&)>& wanted) {
  std::vector<Slot*> out;
  for (const Place& place : slots_)
    if (wanted(*place.slot)) out.push_back(place.slot.get());
  std::sort(out.begin(), out.end(), [](const Slot* a, const Slot* b) {
    return std::tie(*a->service->name, a->entry->id) < std::tie(*b->service->name, b->entry->id);
  });
  return out;
}

void Catalog::forget(Slot& slot) {
  assert(!slot.live && !slot.scopes.all);
  Service& service = *slot.service;
  --service.slots;
  slots_.erase(slots_.find(wanted(*service.name, slot.entry->id)));
  drop_if_unused(service);
}

void Catalog::drop_if_unused(Service& service) {
  if (service.slots > 0 || !service.changes.empty()) return;
  SummaryGroup& group = groups_[service.group];
  group.services.back()->place = service.place;
  std::swap(group.services[service.place], group.services.back());
  group.services.pop_back();
  auto& summaries = own_summaries(group);
  std::swap(summaries[service.place], summaries.back());
  summaries.pop_back();
  services_.erase(services_.find(*service.name));
}

void Catalog::count_in(Slot& slot) {
  const Entry& entry = *slot.entry;
  const ContentHash hash = hash_of(entry);
  const auto status = static_cast<std::size_t>(entry.visible);
  if (slot.service->size == 0) ++live_services_;
  ++slot.service->size, ++slot.service->counts[status], slot.service->hash += hash;
  ++live_, ++counts_[status], hash_ += hash;
  tree_.add(slot, hash);
}

void Catalog::count_out(Slot& slot) {
  const Entry& entry = *slot.entry;
  const ContentHash hash = hash_of(entry);
  const auto status = static_cast<std::size_t>(entry.visible);
  --slot.service->size, --slot.service->counts[status], slot.service->hash -= hash;
  if (slot.service->size == 0) --live_services_;
  --live_, --counts_[status], hash_ -= hash;
  tree_.remove(slot);
}

void Catalog::index_vips(Service& service, const Entry& entry, bool add) {
  model::PayloadView view;
  model::unpack(*entry.record.registration->payload, view);
  const auto index = [&](std::string_view list, auto& counted, auto& index_of) {
    for_each_vip(list, [&](std::string_view name) {
      const auto place = counted.try_emplace(std::string(name), 0).first;
      place->second += add ? std::size_t{1} : std::size_t(-1);
      if (add && place->second == 1) index_of[place->first].emplace(*service.name, &service);
      if (place->second != 0) return;
      const auto found = index_of.find(name);
      found->second.erase(*service.name);
      if (found->second.empty()) index_of.erase(found);
      counted.erase(place);
    });
  };
  index(view.vip_address, service.vips, vips_);
  index(view.secure_vip_address, service.secure_vips, secure_vips_);
}

void Catalog::replace(Slot& slot, EntryPtr entry, bool live) {
  const bool same_vips = slot.live && live && have_same_vips(*slot.entry, *entry);
  if (slot.live) {
    count_out(slot);
    if (!same_vips) index_vips(*slot.service, *slot.entry, false);
    if (!live) {
      leaves_.erase(slot);
      mark(slot, LeaseState::ok);
    }
  }
  const bool was_live = slot.live;
  if (slot.live || live) {
    // Also where content stays: a view holds the records as they are.
    slot.service->view.reset();
    registry_.reset();
    services_view_.reset();
  }
  slot.entry = std::move(entry);
  slot.live = live;
  if (!live) return;
  count_in(slot);
  if (!same_vips) index_vips(*slot.service, *slot.entry, true);
  was_live ? leaves_.touch(slot) : leaves_.insert(slot);
}

void Catalog::changed(Service& service, std::uint64_t revision) {
  service.revision = revision;
  revision_ = revision;
  summarise(service);
}

void Catalog::mark(Slot& slot, LeaseState state) {
  if (slot.lease == state) return;
  --marked_[static_cast<std::size_t>(slot.lease)];
  ++marked_[static_cast<std::size_t>(state)];
  if (state == LeaseState::ok) {
    slot.service->marks.erase(slot.entry->id);
  } else {
    slot.service->marks[slot.entry->id] = state;
  }
  slot.lease = state;
  ++slot.service->marks_revision;
  slot.service->view.reset();
}

ServiceViewPtr Catalog::service_view(std::string_view name) {
  const auto place = services_.find(name);
  if (place == services_.end() || place->second->size == 0) return nullptr;
  Service& service = *place->second;
  if (!service.view) {
    auto view = std::make_shared<ServiceView>();
    view->name = *service.name;
    view->revision = service.revision;
    view->marks_revision = service.marks_revision;
    view->hash = service.hash;
    view->slices = leaves_.slices(*service.name);
    view->size = service.size;
    view->counts = service.counts;
    view->marks = service.marks;
    service.view = std::move(view);
  }
  return service.view;
}

RegistryViewPtr Catalog::registry_view() {
  if (!registry_) {
    auto view = std::make_shared<RegistryView>();
    view->revision = revision_;
    view->hash = hash_;
    view->segments = leaves_.segments();
    view->size = live_;
    view->counts = counts_;
    registry_ = std::move(view);
  }
  return registry_;
}

ServicesViewPtr Catalog::services_view() {
  if (!services_view_) {
    auto view = std::make_shared<ServicesView>();
    view->registry = registry_view();
    view->size = live_services_;
    for (SummaryGroup& group : groups_) {
      if (group.services.empty()) continue;
      group.in_view = true;
      view->groups.push_back(group.summaries);
    }
    services_view_ = std::move(view);
  }
  return services_view_;
}

std::vector<ServiceSummary>& Catalog::own_summaries(SummaryGroup& group) {
  if (std::exchange(group.in_view, false))
    group.summaries = std::make_shared<std::vector<ServiceSummary>>(*group.summaries);
  return *group.summaries;
}

void Catalog::summarise(const Service& service) {
  ServiceSummary& summary = own_summaries(groups_[service.group])[service.place];
  summary.revision = service.revision;
  summary.hash = service.hash;
  summary.size = service.size;
  summary.counts = service.counts;
}

DeltaViewPtr Catalog::delta_view(std::vector<EntryPtr> changed) {
  auto view = std::make_shared<DeltaView>();
  view->registry = registry_view();
  view->entries = std::move(changed);
  return view;
}

std::vector<ServiceViewPtr> Catalog::services_of_vip(std::string_view name, bool secure) {
  std::vector<ServiceViewPtr> out;
  const auto& index = secure ? secure_vips_ : vips_;
  const auto place = index.find(name);
  if (place == index.end()) return out;
  for (const auto& [service, ignored] : place->second) out.push_back(service_view(service));
  return out;
}

ListView pick_vip(const std::vector<ServiceViewPtr>& services, std::string_view name, bool secure) {
  ListView out;
  model::PayloadView payload;
  for (const ServiceViewPtr& service : services) {
    service->for_each([&](const EntryPtr& entry) {
      model::unpack(*entry->record.registration->payload, payload);
      if (lists_vip(secure ? payload.secure_vip_address : payload.vip_address, name)) out.push_back(entry);
    });
  }
  return out;
}

EntryPtr find_id(const RegistryView& registry, std::string_view id) {
  for (const SegmentPtr& segment : registry.segments)
    for (const EntryPtr& entry : segment->entries)
      if (entry->id == id) return entry;
  return nullptr;
}

}  // namespace muster::core
