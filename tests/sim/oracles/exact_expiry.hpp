#pragma once

#include <map>
#include <memory>

#include "tests/sim/ledger.hpp"
#include "tests/sim/oracle.hpp"

namespace muster::sim {

/// A dead instance is gone one lease after its last renewal, to 250 ms of the node's running time, unless it is marked
/// held; and it is late from one and a half intervals on. An instance that was held gets a full lease when its scope
/// recovers.
class ExactExpiry : public Oracle {
 public:
  explicit ExactExpiry(std::shared_ptr<const Ledger> ledger) : ledger_(std::move(ledger)) {}
  void after(SimNode& node, const Step& step) override;
  void poll(SimNode& node, const Poll& poll) override;

  /// How exact leases and marks are.
  static constexpr std::chrono::milliseconds tolerance{250};

 private:
  void check_mark(SimNode& node, const core::Key& key, const Belief& belief, core::LeaseState lease);

  std::shared_ptr<const Ledger> ledger_;
  std::map<core::Key, core::Monotonic> held_until_;  ///< running time when last seen held
};

}  // namespace muster::sim
