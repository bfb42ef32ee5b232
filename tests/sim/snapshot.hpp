#pragma once

#include <map>
#include <vector>

#include "server/core/node.hpp"

namespace muster::sim {

/// One instance as readers see it: its entry and the mark beside it.
struct Seen {
  core::EntryPtr entry;
  core::LeaseState lease = core::LeaseState::ok;
};
using Snapshot = std::map<core::Key, Seen>;

/// Takes snapshots, by the whole registry's view with the marks of the services' views. Views that are the same object
/// as at the last look have not changed, so the last snapshot is good again: polls cost little while nothing happens.
class Snapshots {
 public:
  /// Valid until the next look.
  const Snapshot& look(core::Node& node);
  /// The last look found other views than the one before.
  bool changed() const { return changed_; }

 private:
  core::RegistryViewPtr registry_;
  std::vector<core::ServiceViewPtr> services_;
  Snapshot snapshot_;
  bool changed_ = true;
};

/// Whether two entries show the same content: all that the hash covers.
bool same_content(const core::Entry& a, const core::Entry& b);

core::Key key_of(const core::Entry& entry);

}  // namespace muster::sim
