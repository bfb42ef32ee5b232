#pragma once

#include "tests/sim/oracle.hpp"
#include "tests/sim/random.hpp"

namespace muster::sim {

/// Equal content gives equal hashes whatever its history: now and then everything listed is written to a fresh node, in
/// another order, and the hashes compared.
class ContentHashes : public Oracle {
 public:
  explicit ContentHashes(Random random) : random_(random) {}
  void poll(SimNode& node, const Poll& poll) override;

 private:
  Random random_;
};

}  // namespace muster::sim
