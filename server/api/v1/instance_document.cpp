#include "server/api/v1/instance_document.hpp"

#include <algorithm>

namespace muster::api::v1 {
namespace {

void lay_over(std::vector<std::pair<std::string_view, std::string_view>>& metadata, const core::Overlay& overlay) {
  for (const auto& [key, change] : overlay) {
    const auto place = std::find_if(metadata.begin(), metadata.end(),
                                    [name = std::string_view(key)](const auto& entry) { return entry.first == name; });
    if (!change.value) {
      if (place != metadata.end()) metadata.erase(place);
    } else if (place != metadata.end()) {
      place->second = *change.value;
    } else {
      metadata.emplace_back(key, *change.value);
    }
  }
}

}  // namespace

void InstanceDocument::open(const core::Entry& entry) {
  entry_ = &entry;
  model::unpack(*entry.record.registration->payload, payload_);
  metadata_.assign(payload_.metadata.begin(), payload_.metadata.end());
  if (entry.record.overlay) lay_over(metadata_, *entry.record.overlay);
}

std::optional<std::string_view> InstanceDocument::metadata(std::string_view key) const {
  for (const auto& [name, value] : metadata_)
    if (name == key) return value;
  return std::nullopt;
}

muster::v1::InstanceOut InstanceDocument::content(core::LeaseState state) const {
  const core::Registration& registration = *entry_->record.registration;
  muster::v1::InstanceOut out;
  out.service = *entry_->service;
  out.id = entry_->id;
  out.payload = &payload_;
  out.metadata = metadata_;
  out.visible = entry_->visible;
  out.reported = registration.reported;
  if (const auto& override_ = entry_->record.override_; override_ && override_->value)
    out.override_ = {*override_->value, override_->reason, override_->by, override_->until_ms};
  out.lease = registration.lease;
  out.lease_state = core::to_string(state);
  out.incarnation = registration.incarnation;
  out.registered_ms = entry_->times.registered_ms;
  out.updated_ms = entry_->times.updated_ms;
  out.up_since_ms = entry_->times.up_since_ms;
  return out;
}

void InstanceDocument::write(muster::v1::JsonWriter& out, core::LeaseState state) const {
  muster::v1::write_instance(out, content(state));
}

void InstanceDocument::write(muster::v1::JsonWriter& out, const core::InstanceState& state, core::WallMs now_ms,
                             std::span<const std::string> warnings) const {
  muster::v1::InstanceOut document = content(state.lease);
  document.live = {state.renewed_ms, state.expires_ms, now_ms, entry_->record.registration->version};
  document.warnings = warnings;
  muster::v1::write_instance(out, document);
}

}  // namespace muster::api::v1
