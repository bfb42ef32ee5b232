#pragma once

#include <map>

#include "tests/sim/oracle.hpp"
#include "tests/sim/random.hpp"
#include "tests/sim/snapshot.hpp"

namespace muster::sim {

/// A reader in the manner of Eureka's clients: one full fetch, then deltas at its own pace within the retention. After
/// every delta what it has equals the full registry, and its counts those that come with the delta.
class DeltaFollower : public Oracle {
 public:
  explicit DeltaFollower(Random random) : random_(random) {}
  void poll(SimNode& node, const Poll& poll) override;

 private:
  using Copy = std::map<core::Key, core::EntryPtr>;

  void fetch_all(const Snapshot& all);
  void apply(SimNode& node, const core::DeltaView& delta);
  void compare(SimNode& node, const core::DeltaView& delta, const Snapshot& all) const;

  Random random_;
  Copy copy_;
  bool has_copy_ = false;
  core::Monotonic fetched_{0};
  core::Monotonic next_{0};
};

}  // namespace muster::sim
