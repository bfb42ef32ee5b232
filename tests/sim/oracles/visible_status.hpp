#pragma once

#include "tests/sim/oracle.hpp"

namespace muster::sim {

/// The visible status of everything listed follows from its registers alone, by the rule as a table says it.
class VisibleStatus : public Oracle {
 public:
  void poll(SimNode& node, const Poll& poll) override;
};

}  // namespace muster::sim
