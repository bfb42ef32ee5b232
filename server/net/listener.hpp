#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

namespace muster::net {

/// Accepts connections, several each time it is woken. Runs on its loop.
///
/// When the process has no descriptors left it neither spins nor goes deaf: with one spare descriptor it answers
/// waiting clients 503 and closes them, then pauses. A client is told at once, instead of waiting for its own time-out.
class Listener : public std::enable_shared_from_this<Listener> {
 public:
  struct Owner {
    /// `descriptor`: non-blocking; the owner's from now on.
    virtual void accepted(int descriptor, const boost::asio::ip::tcp::endpoint& peer) = 0;
    /// `turned_away`: connections that were answered 503 for it.
    virtual void accept_failed(const std::string& reason, unsigned turned_away) = 0;

   protected:
    ~Owner() = default;
  };

  /// `owner` is used until close().
  Listener(boost::asio::io_context& loop, Owner& owner);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  /// Throws boost::system::system_error.
  void open(const boost::asio::ip::tcp::endpoint& endpoint);
  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  void close();

 private:
  void await();
  void accept_waiting();
  void hand_over(int descriptor, const boost::asio::ip::tcp::endpoint& peer);
  void pause(int error);
  unsigned turn_away();
  void reserve_spare();

  boost::asio::io_context& loop_;
  Owner* owner_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer resume_;
  int spare_ = -1;
};

}  // namespace muster::net
