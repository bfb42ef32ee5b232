#include "tests/sim/snapshot.hpp"

#include <algorithm>

namespace muster::sim {
namespace {

bool same_overlay(const core::Overlay* a, const core::Overlay* b) {
  static const core::Overlay empty;
  if (a == nullptr) a = &empty;
  if (b == nullptr) b = &empty;
  return std::equal(a->begin(), a->end(), b->begin(), b->end(), [](const auto& left, const auto& right) {
    return left.first == right.first && left.second.value == right.second.value;
  });
}

bool same_override(const core::Override* a, const core::Override* b) {
  const bool a_set = a != nullptr && a->value, b_set = b != nullptr && b->value;
  if (!a_set || !b_set) return a_set == b_set;
  return a->value == b->value && a->reason == b->reason && a->by == b->by && a->until_ms == b->until_ms;
}

}  // namespace

const Snapshot& Snapshots::look(core::Node& node) {
  const core::RegistryViewPtr registry = node.registry();
  std::vector<core::ServiceViewPtr> services;
  const core::ServicesViewPtr summaries = node.services();
  services.reserve(summaries->size);
  for (const core::ServiceSummary& service : core::in_order(*summaries))
    services.push_back(node.service(*service.name));
  changed_ = registry != registry_ || services != services_;
  if (!changed_) return snapshot_;
  registry_ = registry;
  services_ = std::move(services);
  snapshot_.clear();
  for (const core::SegmentPtr& segment : registry_->segments)
    for (const core::EntryPtr& entry : segment->entries) snapshot_[key_of(*entry)] = Seen{entry};
  for (const core::ServiceViewPtr& view : services_) {
    if (view == nullptr) continue;
    for (const auto& [id, lease] : view->marks)
      if (const auto seen = snapshot_.find(core::Key{view->name, id}); seen != snapshot_.end())
        seen->second.lease = lease;
  }
  return snapshot_;
}

bool same_content(const core::Entry& a, const core::Entry& b) {
  const core::Record& left = a.record;
  const core::Record& right = b.record;
  return left.registration->incarnation == right.registration->incarnation && a.visible == b.visible &&
         left.registration->reported == right.registration->reported &&
         left.registration->lease == right.registration->lease &&
         *left.registration->payload == *right.registration->payload &&
         same_overlay(left.overlay.get(), right.overlay.get()) &&
         same_override(left.override_.get(), right.override_.get());
}

core::Key key_of(const core::Entry& entry) {
  return core::Key{*entry.service, entry.id};
}

}  // namespace muster::sim
