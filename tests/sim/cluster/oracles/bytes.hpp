#pragma once

#include "tests/sim/cluster/cluster.hpp"

namespace muster::sim {

/// In calm times a link carries beacons, and now and then empty marks and the root of a digest tree: so much a second
/// at most, whatever the number of instances and of past restarts.
class SteadyBytes {
 public:
  explicit SteadyBytes(Cluster& cluster) : before_(cluster.sent()), since_(cluster.now()) {}
  /// Throws when more was sent since construction.
  void expect(Cluster& cluster) const;

 private:
  Traffic before_;
  Time since_;
};

/// The mean beacon since `before`.
double beacon_bytes(const Traffic& before, const Traffic& after);

}  // namespace muster::sim
