#pragma once

#include <deque>
#include <memory>

#include "server/net/peers/link.hpp"
#include "server/net/peers/web_socket.hpp"

namespace muster::net {

/// Accepted connections that are told why they end, and may not have heard it yet. Whoever does not listen does not
/// keep its connection for as long as it likes: at most so many do, then the oldest is cut. Lives on the loop of its
/// links.
class Farewells {
 public:
  explicit Farewells(std::size_t max) : max_(max) {}

  /// To a link that has just been closed.
  void bid(const PeerLink& link) {
    if (link.dialed()) return;
    sockets_.push_back(link.socket());
    if (sockets_.size() <= max_) return;
    if (const auto oldest = sockets_.front().lock()) oldest->cut();
    sockets_.pop_front();
  }

 private:
  std::size_t max_;
  std::deque<std::weak_ptr<WebSocket>> sockets_;
};

}  // namespace muster::net
