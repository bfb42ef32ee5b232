#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "server/core/node.hpp"

namespace muster::sim {

/// One key as the reference knows it.
struct Row {
  core::Key key;
  bool live = false;
  core::Incarnation incarnation = 0;  ///< shown
  core::Incarnation heard = 0;        ///< the newest of this life
  std::int64_t dirty_ms = 0;
  core::Monotonic dirty_heard{0};
  std::string payload;
  model::Status reported = model::Status::up;
  model::LeaseTerms terms;
  core::Monotonic renewed{0};
  std::map<std::string, std::optional<std::string>> overlay;

  std::optional<model::Status> override_value;
  bool override_of_eureka = false;
  std::string override_by;  ///< empty: a registration brought it
  std::optional<core::Monotonic> override_ends;

  core::Monotonic left{0};
  core::Monotonic cancelled_at{0};
  core::Incarnation fenced = 0;
  bool left_by_cancel = false;
  bool remembered = false;  ///< there is a tombstone

  model::Status visible() const;
};

/// The rules of the registry once more, written to be read: a list that is searched from end to end, no wheel, no
/// indices, no versions. Compared with the real node after every event. Knows no self-preservation and no pauses.
class Reference {
 public:
  Reference(core::Settings settings) : settings_(settings) {}

  /// What the command is answered with; carries it out.
  core::Result carry_out(const core::Command& command, core::Now now);
  /// Ends leases, overrides and memories whose time was before now.
  void pass_time(core::Monotonic now);

  const std::vector<Row>& rows() const { return rows_; }

 private:
  core::Result carry_out(const core::Register& command);
  core::Result carry_out(const core::Renew& command);
  core::Result carry_out(const core::RenewMany& command);
  core::Result carry_out(const core::Cancel& command);
  core::Result carry_out(const core::SetStatus& command);
  core::Result carry_out(const core::SetOverride& command);
  core::Result carry_out(const core::ClearOverride& command);
  core::Result carry_out(const core::PatchMetadata& command);
  core::Result carry_out(const core::ReadInstance& command);
  core::Result carry_out(const core::ReleaseHold& command);

  Row* find(const core::Key& key);
  Row& row(const core::Key& key);
  core::Result gone(const Row* row) const;
  void hear_newer(Row& row, std::optional<std::int64_t> dirty_ms);
  void leave(Row& row, bool by_cancel);

  core::Settings settings_;
  core::Now now_;
  std::vector<Row> rows_;
};

}  // namespace muster::sim
