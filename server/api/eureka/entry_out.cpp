#include "server/api/eureka/entry_out.hpp"

#include <algorithm>

#include "proto/model/ascii.hpp"

namespace muster::api::eureka {
namespace {

/// What an instance costs beside its payload: keys, times, and the way to it through memory.
constexpr std::size_t work_fixed = 256;

std::string_view action_name(core::Action action) {
  switch (action) {
    case core::Action::added:
      return "ADDED";
    case core::Action::modified:
      return "MODIFIED";
    case core::Action::deleted:
      return "DELETED";
  }
  return {};
}

bool has_key(const std::vector<std::pair<std::string_view, std::string_view>>& metadata, std::string_view key) {
  return std::any_of(metadata.begin(), metadata.end(), [key](const auto& item) { return item.first == key; });
}

}  // namespace

void EntryWriter::write(std::string& out, const core::Entry& entry, Format format, Shape shape) {
  muster::eureka::write_instance(out, describe(entry), format, shape);
}

void EntryWriter::write_single(std::string& out, const core::InstanceState& state, Format format) {
  muster::eureka::InstanceOut shown = describe(*state.entry);
  shown.renewed_ms = state.renewed_ms;
  shown.dirty_ms = state.dirty_ms;
  muster::eureka::write_single(out, shown, format);
}

std::string_view EntryWriter::app_of(const core::Entry& entry) {
  // Instances of a service share its name, so most calls compare one pointer.
  if (service_ != entry.service.get()) {
    service_ = entry.service.get();
    app_ = model::to_upper(*entry.service);
  }
  return app_;
}

muster::eureka::InstanceOut EntryWriter::describe(const core::Entry& entry) {
  const std::optional<core::Registration>& registration = entry.record.registration;
  if (!registration || !registration->payload || !model::unpack(*registration->payload, payload_)) {
    payload_ = model::PayloadView{};
    payload_.host_name = entry.id;
    payload_.data_center = "MyOwn";
  }
  lay_overlay(entry);
  muster::eureka::InstanceOut shown;
  shown.app = app_of(entry);
  shown.id = entry.id;
  shown.payload = &payload_;
  shown.metadata = metadata_.empty() ? payload_.metadata : metadata_;
  shown.status = entry.visible;
  shown.overridden = core::override_value(entry.record).value_or(model::Status::unknown);
  if (registration) {
    shown.lease = registration->lease;
    shown.dirty_ms = registration->dirty_ms;
  }
  shown.registered_ms = entry.times.registered_ms;
  shown.renewed_ms = entry.times.renewed_ms;
  shown.evicted_ms = entry.times.evicted_ms;
  shown.up_since_ms = entry.times.up_since_ms;
  shown.updated_ms = entry.times.updated_ms;
  shown.action = action_name(entry.action);
  shown.coordinating = !own_id_.empty() && entry.id == own_id_;
  return shown;
}

/// Leaves metadata_ empty where the payload's own metadata is all there is to show.
void EntryWriter::lay_overlay(const core::Entry& entry) {
  metadata_.clear();
  const core::Overlay* overlay = entry.record.overlay.get();
  const bool patched = overlay != nullptr && !overlay->empty();
  const bool zone = !payload_.zone.empty();
  if (!patched && !zone) return;
  for (const auto& item : payload_.metadata)
    if (!patched || !overlay->contains(item.first)) metadata_.push_back(item);
  if (patched) {
    for (const auto& [key, laid] : *overlay)
      if (laid.value) metadata_.emplace_back(key, *laid.value);
  }
  if (zone && !has_key(metadata_, "zone")) metadata_.emplace_back("zone", payload_.zone);
  // Everything was removed: the payload's own must not show through.
  if (metadata_.empty()) payload_.metadata.clear();
}

std::size_t work_of(const core::Entry& entry) {
  const auto& registration = entry.record.registration;
  return work_fixed + (registration && registration->payload ? registration->payload->size() : 0);
}

}  // namespace muster::api::eureka
