#pragma once

#include "tests/sim/oracle.hpp"

namespace muster::sim {

/// Every accepted write carries a version greater than all before it on its node, whatever the wall clock does.
class Versions : public Oracle {
 public:
  void after(SimNode& node, const Step& step) override;

 private:
  core::Version newest_;
};

}  // namespace muster::sim
