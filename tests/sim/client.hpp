#pragma once

#include <map>
#include <optional>
#include <string>

#include "server/core/command.hpp"
#include "tests/sim/network.hpp"
#include "tests/sim/sim_node.hpp"

namespace muster::sim {

/// One instance of a service, as the world runs it.
struct ClientOptions {
  core::Key key;
  core::Face face = core::Face::native;
  std::string address = "10.0.0.1";
  std::string zone;
  model::LeaseRequest lease{10, 30};
  /// How often it renews in truth, and how much that varies.
  Time interval = 10s;
  unsigned jitter_percent = 5;
  /// Native clients may leave the incarnation to the node.
  bool gives_incarnation = true;
  /// How wrong its own clock is.
  std::chrono::milliseconds clock_offset{0};
};

/// A program that keeps one instance registered, in the manner of the usual clients: registers until it is answered,
/// renews at its interval, and registers again when the node does not know it. A Eureka client changes its status by
/// registering again with a newer dirty timestamp.
class SimClient {
 public:
  SimClient(Schedule& schedule, Random random, Network& network, Network::Link link, SimNode& node,
            ClientOptions options);
  SimClient(const SimClient&) = delete;
  SimClient& operator=(const SimClient&) = delete;

  /// A new process: a new incarnation, which registers at once.
  void start();
  /// The process is gone. What it has sent still travels.
  void kill() { ++life_; }
  /// Takes its instance out and ends, as a polite process does.
  void cancel();
  /// A process that changes its mind about itself.
  void set_status(model::Status status);
  void set_metadata(const std::string& name, const std::string& value);

  /// Sends any command by this client's link, for scenarios.
  void send(core::Command command);

  bool alive() const { return alive_life_ == life_; }
  const ClientOptions& options() const { return options_; }
  const core::Key& key() const { return options_.key; }
  Network::Link link() const { return link_; }
  core::CallerPtr caller() const { return caller_; }

  /// What it would register now.
  core::Register registration() const;

 private:
  using Answer = std::function<void(const core::Outcome&)>;

  void register_now();
  void renew();
  void plan_renewal(Time delay);
  void ask(core::Command command, Answer answer);
  Time jittered(Time span);
  std::int64_t clock_ms() const;

  Schedule& schedule_;
  Random random_;
  Network& network_;
  Network::Link link_;
  SimNode& node_;
  ClientOptions options_;
  core::CallerPtr caller_;
  model::Status status_ = model::Status::up;
  std::map<std::string, std::string> metadata_;
  std::uint64_t life_ = 0;
  std::uint64_t alive_life_ = ~std::uint64_t{0};
  bool registered_ = false;
  std::int64_t dirty_ms_ = 0;
  core::Incarnation incarnation_ = 0;
};

/// A payload like those of real instances, small enough for thousands of them.
model::Payload payload_of(const ClientOptions& options, const std::map<std::string, std::string>& metadata);

}  // namespace muster::sim
