#include "tests/sim/oracles/visible_status.hpp"

#include "tests/sim/sim_node.hpp"
#include "tests/sim/snapshot.hpp"

namespace muster::sim {
namespace {

using model::Status;

/// Row: reported; column: no override, then the override's value in the order of the enum.
constexpr Status table[model::status_count][model::status_count + 1] = {
    {Status::up, Status::up, Status::down, Status::starting, Status::out_of_service, Status::unknown},
    {Status::down, Status::down, Status::down, Status::down, Status::down, Status::down},
    {Status::starting, Status::starting, Status::starting, Status::starting, Status::starting, Status::starting},
    {Status::out_of_service, Status::up, Status::down, Status::starting, Status::out_of_service, Status::unknown},
    {Status::unknown, Status::unknown, Status::unknown, Status::unknown, Status::unknown, Status::unknown},
};

}  // namespace

void VisibleStatus::poll(SimNode& node, const Poll& poll) {
  if (!poll.changed) return;
  for (const auto& [key, seen] : poll.snapshot) {
    const core::Record& record = seen.entry->record;
    const bool overridden = record.override_ != nullptr && record.override_->value.has_value();
    const std::size_t column = overridden ? static_cast<std::size_t>(*record.override_->value) + 1 : 0;
    const Status expected = table[static_cast<std::size_t>(record.registration->reported)][column];
    if (seen.entry->visible != expected)
      violated(node, "visible status",
               to_string(key) + " shows " + std::string(to_string(seen.entry->visible)) + " where its registers say " +
                   std::string(to_string(expected)));
  }
}

}  // namespace muster::sim
