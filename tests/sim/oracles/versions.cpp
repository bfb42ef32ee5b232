#include "tests/sim/oracles/versions.hpp"

#include <algorithm>

#include "tests/sim/sim_node.hpp"

namespace muster::sim {
namespace {

core::Version newest_of(const core::Record& record) {
  core::Version newest = record.holder.version;
  if (record.registration) newest = std::max(newest, record.registration->version);
  if (record.override_) newest = std::max(newest, record.override_->version);
  if (record.tombstone) newest = std::max(newest, record.tombstone->version());
  if (record.overlay)
    for (const auto& [key, entry] : *record.overlay) newest = std::max(newest, entry.version);
  return newest;
}

bool writes(const core::Command& command) {
  return std::holds_alternative<core::Register>(command) || std::holds_alternative<core::SetStatus>(command) ||
         std::holds_alternative<core::SetOverride>(command) || std::holds_alternative<core::ClearOverride>(command) ||
         std::holds_alternative<core::PatchMetadata>(command);
}

}  // namespace

void Versions::after(SimNode& node, const Step& step) {
  const auto* request = std::get_if<core::Request>(&step.event);
  if (request == nullptr) return;
  const core::Outcome& outcome = step.effects.replies.front().outcome;
  if (outcome.state.entry == nullptr) return;
  const core::Version newest = newest_of(outcome.state.entry->record);
  const bool written = outcome.result == core::Result::ok || outcome.result == core::Result::created;
  if (writes(request->command) && written && newest <= newest_)
    violated(node, "versions", describe(request->command) + " got a version that is not greater than all before it");
  newest_ = std::max(newest_, newest);
}

}  // namespace muster::sim
