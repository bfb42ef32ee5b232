#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <boost/asio/io_context.hpp>

#include "server/api/http.hpp"
#include "server/net/limits.hpp"
#include "server/net/upgrade.hpp"

namespace muster::net {

/// A listener and its HTTP/1.1 sessions, all on one loop. Lives on that loop: every member is called there.
class Server {
 public:
  /// `report` gets a sentence for the operators' log about something unusual (accept errors, at most one a second).
  Server(boost::asio::io_context& loop, api::Handler& handler, Limits limits,
         std::function<void(const std::string&)> report);
  ~Server();

  /// Who takes connections that other nodes upgrade at `peer_path`; null, as at first: nobody. Outlives the server, or
  /// is taken back before it goes.
  void set_upgrades(Upgrades* upgrades);

  /// Binds and starts accepting. `address` is an IP address; port 0 picks one. Throws boost::system::system_error.
  void listen(const std::string& address, std::uint16_t port);
  std::uint16_t port() const;

  void set_limits(Limits limits);  ///< for connections accepted from now on and for the next request of open ones

  /// Stops accepting, closes idle connections at once, lets busy ones finish with `Connection: close`, cuts what is
  /// left after `deadline`, then calls `done`.
  void drain(std::chrono::milliseconds deadline, std::function<void()> done);

  const Stats& stats() const;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace muster::net
