#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "server/net/peers/peers.hpp"
#include "server/net/server.hpp"

// Nodes of a cluster as far as their links go: each a server on a loopback port and its Peers. All of a test share one
// loop, which runs when the test waits: nothing happens behind its back.
namespace muster::test {

/// Short times, so that tests need not wait for what only time brings.
net::PeerOptions quick();

class LinkedNode final : public net::Peers::Owner, public api::Handler {
 public:
  LinkedNode(boost::asio::io_context& loop, net::PeerIdentity identity, net::PeerOptions options = quick(),
             std::uint16_t port = 0, const std::string& address = "127.0.0.1");
  ~LinkedNode();

  std::uint16_t port() const { return server_->port(); }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port()); }
  model::Origin origin() const { return identity_.origin; }
  net::Peers& peers() { return *peers_; }
  net::Server& server() { return *server_; }

  bool has(model::Origin origin) const { return up.contains(origin); }
  /// State of the first entry of the list.
  net::PeerAddressStatus first() const { return peers_->status().addresses.at(0); }

  std::map<model::Origin, net::PeerInfo> up;
  std::vector<std::pair<model::Origin, std::string>> downs;
  std::map<model::Origin, std::vector<std::string>> heard;
  std::vector<std::string> refusals;
  std::uint64_t heard_bytes = 0;
  unsigned took = 0;
  bool keep_heard = true;
  std::function<void(model::Origin, std::string_view)> on_said;

 private:
  void peer_up(const net::PeerInfo& peer) override;
  void peer_down(model::Origin origin, const std::string& reason) override;
  void peer_said(model::Origin origin, std::string_view message) override;
  void peer_took(model::Origin origin) override;
  void peer_refused(const std::string& remote, const std::string& reason) override;
  void handle(const api::Request& request, api::Responder& responder) override;

  net::PeerIdentity identity_;
  std::unique_ptr<net::Server> server_;
  std::unique_ptr<net::Peers> peers_;
};

net::PeerIdentity identity(std::uint64_t node, std::uint64_t boot = 1);

/// Runs the loop until `condition` holds; false when it does not within the patience of Client.
bool run_until(boost::asio::io_context& loop, const std::function<bool()>& condition);
/// Runs the loop for so long, to see that nothing happens.
void run_for(boost::asio::io_context& loop, std::chrono::milliseconds span);

net::Message message(std::string text);

}  // namespace muster::test
