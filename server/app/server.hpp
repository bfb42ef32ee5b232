#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>

#include <boost/asio/io_context.hpp>

#include "config/load.hpp"
#include "server/api/eureka/face.hpp"
#include "server/api/ops/face.hpp"
#include "server/api/router.hpp"
#include "server/api/v1/face.hpp"
#include "server/app/background.hpp"
#include "server/app/cluster.hpp"
#include "server/app/command_line.hpp"
#include "server/app/counted_face.hpp"
#include "server/app/data_directory.hpp"
#include "server/app/fact_log.hpp"
#include "server/app/listen_address.hpp"
#include "server/app/log.hpp"
#include "server/app/loop_watch.hpp"
#include "server/app/metrics.hpp"
#include "server/app/peers_document.hpp"
#include "server/app/registry_loop.hpp"
#include "server/app/signals.hpp"
#include "server/app/snapshots.hpp"
#include "server/net/server.hpp"

namespace muster::app {

/// Refuses to start; what() says why and what to do.
class StartRefused : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Where `listen` leads, if the node may listen there: other than loopback needs `insecure`. Throws StartRefused.
ListenAddress listen_address_of(const config::Settings& settings);

/// The whole daemon: `main` makes one and runs it. The only place where rooms are put together. Members stand in the
/// order of their dependencies; everything lives on one loop, which run() runs on the calling thread.
class Server {
 public:
  /// `log` outlives this. Throws StartRefused.
  Server(CommandLine command_line, config::Loaded configuration, Log& log);
  ~Server();

  /// Listens and serves until a signal ends it. Throws StartRefused when it cannot listen.
  ExitCode run();

 private:
  enum class State : std::uint8_t { starting, serving, draining };

  void start_listening();
  void join_cluster();
  void finish();
  bool ready() const { return state_ == State::serving && registry_.ready(); }
  core::Settings core_settings_at_start(const Kept& kept) const;
  ClusterFacts cluster_facts();
  void on_stop(int signal);
  void on_reload();
  void apply(const config::Settings& settings);
  void reconfigure_registry();
  net::Limits limits_within_open_files() const;
  const char* state_name() const;
  std::string node_document_now() const;
  MetricsSnapshot metrics_now();
  void tell_metrics(std::function<void(std::string)> done);

  const CommandLine command_line_;
  config::Loaded configuration_;
  Log& log_;
  const std::size_t open_files_max_;
  const core::WallMs started_ms_;
  const core::Monotonic started_;
  const ListenAddress listen_;
  State state_ = State::starting;
  ExitCode exit_code_ = exit_good;

  boost::asio::io_context loop_;
  std::optional<DataDirectory> data_directory_;
  const model::Origin origin_;
  FactLog facts_;
  std::optional<Kept> kept_;  ///< what the disk had; gone once the registry has taken it in
  RegistryLoop registry_;
  Background background_;
  api::eureka::Face eureka_face_;
  api::v1::Face v1_face_;
  api::ops::Face ops_face_;
  CountedFace eureka_;
  CountedFace v1_;
  CountedFace ops_;
  api::Router router_;
  net::Server net_;
  LoopWatch watch_;
  Signals signals_;
  std::optional<Snapshots> snapshots_;
  std::optional<Cluster> cluster_;
};

}  // namespace muster::app
