#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proto/v1/write.hpp"
#include "server/core/view.hpp"

namespace muster::api::v1 {

/// Turns entries of the registry into documents. Keep one for a whole list: its buffers are reused.
class InstanceDocument {
 public:
  /// `entry` lives until the next call.
  void open(const core::Entry& entry);

  std::string_view zone() const { return model::effective_zone(payload_); }
  /// The value of a metadata key, patches laid over; none when there is none.
  std::optional<std::string_view> metadata(std::string_view key) const;

  /// As a member of a list: with nothing that changes without a change of content or of a mark.
  void write(muster::v1::JsonWriter& out, core::LeaseState state) const;
  /// By itself, with its live lease.
  void write(muster::v1::JsonWriter& out, const core::InstanceState& state, core::WallMs now_ms,
             std::span<const std::string> warnings) const;

 private:
  muster::v1::InstanceOut content(core::LeaseState state) const;

  const core::Entry* entry_ = nullptr;
  model::PayloadView payload_;
  std::vector<std::pair<std::string_view, std::string_view>> metadata_;
};

}  // namespace muster::api::v1
