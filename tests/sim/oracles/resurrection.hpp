#pragma once

#include <map>
#include <memory>

#include "tests/sim/ledger.hpp"
#include "tests/sim/oracle.hpp"

namespace muster::sim {

/// What is listed is what was registered and has not left: the two sets are equal at every poll, with the payloads that
/// were registered, and no incarnation that was cancelled is ever listed again.
class Resurrection : public Oracle {
 public:
  explicit Resurrection(std::shared_ptr<const Ledger> ledger) : ledger_(std::move(ledger)) {}
  void poll(SimNode& node, const Poll& poll) override;

 private:
  std::shared_ptr<const Ledger> ledger_;
};

}  // namespace muster::sim
