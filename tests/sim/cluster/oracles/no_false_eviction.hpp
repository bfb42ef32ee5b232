#pragma once

#include <vector>

#include "tests/sim/cluster/chronicle.hpp"

namespace muster::sim {

/// Who renewed in time at any node is listed there for its lease, as long as that boot of the node lives; and nobody
/// whose link to that node has been sound takes it out either.
class NoFalseEviction {
 public:
  /// Throws std::runtime_error. To be called often.
  void poll(Cluster& cluster, const Chronicle& chronicle);

 private:
  static void expect_listed(Cluster& cluster, const core::Key& key, const Chronicle::Contact& contact);
  static void expect_in_time(Cluster& cluster, std::size_t by, const Machine::Happened& eviction,
                             const Chronicle& chronicle);

  std::vector<std::size_t> seen_;  ///< facts, by machine
};

}  // namespace muster::sim
