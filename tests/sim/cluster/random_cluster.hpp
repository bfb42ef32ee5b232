#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tests/sim/cluster/chronicle.hpp"
#include "tests/sim/cluster/oracles/delta_reader.hpp"
#include "tests/sim/cluster/oracles/no_false_eviction.hpp"

namespace muster::sim {

/// A whole cluster dealt from a seed: its nodes, its clients, and all that goes wrong. First anything may happen
/// (safety), then faults stop and the nodes must agree within a bounded time (liveness), and at last come to rest.
class RandomCluster {
 public:
  explicit RandomCluster(std::uint64_t seed);

  /// Throws std::runtime_error when an oracle objects.
  void run();

  std::size_t deaths() const { return chronicle_.deaths(); }
  std::size_t writes() const { return chronicle_.writes().size(); }
  std::size_t excused() const { return chronicle_.excused(); }

 private:
  static ClusterOptions deal(std::uint64_t seed, Random& random);

  void be_in_trouble();
  void come_to_agree();
  void come_to_rest();

  void disturb();
  void disturb_links(std::size_t a, std::size_t b);
  void disturb_process(std::size_t index);
  void change_members();
  void touch(Tenant& tenant);
  void oversee(const core::Key& key, Machine& machine);
  void settle_one();
  void calm();
  void look();
  void tell_facts();
  void expect_tenants();

  std::size_t any();
  Tenant& tenant() { return *tenants_[random_.below(tenants_.size())]; }

  Random random_;
  Cluster cluster_;
  Chronicle chronicle_;
  NoFalseEviction no_false_eviction_;
  std::vector<DeltaReader> readers_;  ///< one a machine
  std::vector<std::unique_ptr<Tenant>> tenants_;
};

}  // namespace muster::sim
