#pragma once

#include <memory>

#include "tests/sim/ledger.hpp"
#include "tests/sim/oracle.hpp"

namespace muster::sim {

/// An instance that renewed in time is never evicted: at an eviction the lease has run out, in running time, and no
/// renewal that reached the node's sockets while it stood still is waiting to be read.
class FalseEviction : public Oracle {
 public:
  explicit FalseEviction(std::shared_ptr<const Ledger> ledger) : ledger_(std::move(ledger)) {}
  void after(SimNode& node, const Step& step) override;

 private:
  std::shared_ptr<const Ledger> ledger_;
};

}  // namespace muster::sim
