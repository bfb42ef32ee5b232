#pragma once

#include "tests/sim/oracle.hpp"

namespace muster::sim {

/// What strangers can grow stays within its limits, at every step.
class Bounds : public Oracle {
 public:
  void after(SimNode& node, const Step& step) override;
};

}  // namespace muster::sim
