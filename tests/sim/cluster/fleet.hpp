#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/sim/cluster/oracles/same_everywhere.hpp"
#include "tests/sim/cluster/tenant.hpp"

// The vocabulary of scenarios with several nodes.
namespace muster::sim {

inline core::Key key(const std::string& id) {
  return {"orders", id};
}

inline core::Register registration(const std::string& id, core::Incarnation incarnation = 1,
                                   std::uint32_t interval_s = 5, std::uint32_t duration_s = 15) {
  model::Instance instance;
  instance.host_name = instance.address = "10.0.0.1";
  core::Register command;
  command.key = key(id);
  command.payload = model::pack(instance);
  command.lease = {interval_s, duration_s};
  command.incarnation = incarnation;
  return command;
}

inline core::Cancel cancel(const std::string& id) {
  return {key(id), std::nullopt, core::Face::native};
}

struct Fleet {
  explicit Fleet(ClusterOptions options = {}) : cluster(options) { cluster.run_for(200ms); }

  Tenant& tenant(const std::string& id, std::size_t home) {
    tenants.push_back(std::make_unique<Tenant>(cluster, key(id), home));
    tenants.back()->start();
    return *tenants.back();
  }
  bool listed_by_all(const std::string& id) {
    for (const std::size_t i : cluster.members())
      if (!lists(cluster.machine(i), key(id))) return false;
    return true;
  }
  bool listed_by_none(const std::string& id) {
    for (const std::size_t i : cluster.members())
      if (lists(cluster.machine(i), key(id))) return false;
    return true;
  }

  /// From all others, both ways.
  void cut_off(std::size_t node) {
    for (const std::size_t i : cluster.members())
      if (i != node) cluster.cut_both(node, i);
  }

  Cluster cluster;
  std::vector<std::unique_ptr<Tenant>> tenants;
};

}  // namespace muster::sim
