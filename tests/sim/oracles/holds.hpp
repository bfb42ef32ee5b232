#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "tests/sim/ledger.hpp"
#include "tests/sim/oracle.hpp"

namespace muster::sim {

/// Judges self-preservation by a count of its own over all beliefs: a hold begins only where enough leases of a scope
/// fail together, no lease of a scope that surely fails so is evicted as single, everything held lies in a hold that
/// is shown with a reason, and every hold ends. Counts near the edge of a tolerance are given the benefit of the doubt.
class Holds : public Oracle {
 public:
  explicit Holds(std::shared_ptr<const Ledger> ledger) : ledger_(std::move(ledger)) {}
  void after(SimNode& node, const Step& step) override;
  void poll(SimNode& node, const Poll& poll) override;

  /// What evicting everything in batches may take, beyond the hold's limit.
  static constexpr std::chrono::seconds ending_max{300};

 private:
  using ScopeName = std::pair<core::ScopeKind, std::string>;

  void began(SimNode& node, const Step& step, const core::Hold& hold);
  void evicted(SimNode& node, const Step& step, const core::Key& key);

  std::shared_ptr<const Ledger> ledger_;
  bool forgets_ = false;                        ///< the node has met its limit of tombstones
  std::map<ScopeName, core::Monotonic> holds_;  ///< running time of their begin
};

}  // namespace muster::sim
