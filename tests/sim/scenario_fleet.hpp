#pragma once

#include <string>
#include <vector>

#include "tests/sim/ledger.hpp"
#include "tests/sim/world.hpp"

// The vocabulary of the named scenarios: many like clients at once, and what became of them.
namespace muster::sim {

/// `count` instances named 1, 2, … of one service. Heartbeats are 10 s, leases 30 s unless `pattern` says otherwise.
/// `subnet` is the first three numbers of their addresses; host numbers follow the count.
inline std::vector<SimClient*> add_fleet(World& world, const std::string& service, std::size_t count,
                                         const std::string& subnet = "10.0.0", ClientOptions pattern = {}) {
  std::vector<SimClient*> fleet;
  for (std::size_t i = 1; i <= count; ++i) {
    ClientOptions options = pattern;
    options.key = {service, std::to_string(i)};
    options.address = subnet + '.' + std::to_string(i % 250 + 1);
    fleet.push_back(&world.client(options));
  }
  return fleet;
}

/// Starts them, spread over `span`; the last one a little before its end.
inline void start_spread(World& world, const std::vector<SimClient*>& fleet, Time span = 10s) {
  for (std::size_t i = 0; i < fleet.size(); ++i)
    world.schedule().after(span * static_cast<std::int64_t>(i) / static_cast<std::int64_t>(fleet.size()),
                           [client = fleet[i]] { client->start(); });
}

inline std::size_t count_listed(World& world, const std::vector<SimClient*>& fleet) {
  std::size_t count = 0;
  for (const SimClient* client : fleet) count += world.lists(client->key()) ? 1 : 0;
  return count;
}

inline std::size_t count_held(World& world, const std::vector<SimClient*>& fleet) {
  std::size_t count = 0;
  for (const SimClient* client : fleet) count += world.lease(client->key()) == core::LeaseState::held ? 1 : 0;
  return count;
}

inline std::vector<core::Hold> holds(World& world) {
  return world.core().self_preservation(world.node().now()).holds;
}

/// A request of a client that exists in no fleet, told to the node at once.
inline core::Register registration(const core::Key& key, model::LeaseRequest lease = {10, 30}) {
  core::Register command;
  command.key = key;
  command.lease = lease;
  ClientOptions options;
  options.key = key;
  command.payload = payload_of(options, {});
  return command;
}

}  // namespace muster::sim
