#pragma once

#include <map>
#include <set>
#include <string>

#include "tests/sim/cluster/machine.hpp"

namespace muster::sim {

/// A reader of one node in the manner of Eureka's clients, across restarts of that node: a full fetch, then deltas. It
/// fetches all again when the counts that come with a delta are not those of its copy, or when it has not been answered
/// for as long as deltas reach back. Afterwards what it believes is what the full view shows. Throws when it is not.
class DeltaReader {
 public:
  void poll(Machine& machine);

  std::size_t polls() const { return polls_; }
  std::set<std::string> ids() const;

 private:
  using Copy = std::map<core::Key, core::EntryPtr>;

  void fetch_all(core::Node& node);
  void apply(const core::DeltaView& delta);
  core::StatusCounts counts() const;

  Copy copy_;
  bool has_copy_ = false;
  core::Monotonic fetched_{0};
  std::size_t polls_ = 0;
};

}  // namespace muster::sim
