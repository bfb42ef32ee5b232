#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/sim/client.hpp"
#include "tests/sim/network.hpp"
#include "tests/sim/random.hpp"
#include "tests/sim/schedule.hpp"
#include "tests/sim/sim_node.hpp"

namespace muster::sim {

class Ledger;

struct WorldOptions {
  std::uint64_t seed = 1;
  core::Settings settings;
  NetworkOptions network;
  std::int64_t node_drift_ppm = 0;
  /// How often the oracles look at the whole registry.
  Time poll_interval = 1s;
};

/// Settings for tests: a node and boot that are not zero.
core::Settings default_settings();

/// Nodes, clients and the network between them in virtual time, watched by all oracles. A run is decided by its options
/// alone. There is one node as long as nodes do not talk to each other; clients already name theirs.
class World {
 public:
  explicit World(WorldOptions options);
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  /// Adds a client; it does nothing before start(). Lives as long as the world.
  SimClient& client(ClientOptions options);
  SimClient& client(std::size_t index) { return *clients_[index]; }
  std::size_t clients() const { return clients_.size(); }

  void run_for(Time span) { run_until(schedule_.now() + span); }
  void run_until(Time when) { schedule_.run_until(when); }

  /// Sends a command past the network, as an operator on the machine would, and gives the answer. The node must not
  /// stand still.
  core::Outcome ask(core::Command command);

  Schedule& schedule() { return schedule_; }
  Random& random() { return random_; }
  Network& network() { return network_; }
  SimNode& node() { return *node_; }
  core::Node& core() { return node_->core(); }
  const Ledger& ledger() const { return *ledger_; }
  Time now() const { return schedule_.now(); }

  /// What a reader sees; none where the instance is not listed.
  bool lists(const core::Key& key);
  std::optional<model::Status> visible(const core::Key& key);
  core::LeaseState lease(const core::Key& key);

 private:
  void poll_later();

  WorldOptions options_;
  Random random_;
  Schedule schedule_;
  Network network_;
  std::unique_ptr<SimNode> node_;
  std::shared_ptr<Ledger> ledger_;
  std::vector<std::unique_ptr<SimClient>> clients_;
  core::CallerPtr operator_;
};

}  // namespace muster::sim
