#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "server/net/upgrade.hpp"

namespace muster::net {

/// One WebSocket of binary messages, dialed or accepted. Lives on its loop; made by dial() or accept().
///
/// It keeps itself alive while it has something under way. Its owner hears nothing from within a call, and nothing
/// after close(), cut(), or on_failed().
class WebSocket {
 public:
  struct Owner {
    /// Both sides are WebSockets now: read() and write() may be called.
    virtual void on_opened() = 0;
    /// Bytes of a message came in, be it whole or not.
    virtual void on_heard(std::size_t bytes) = 0;
    /// A whole message. Its bytes stay until the next read().
    virtual void on_message(std::string_view message) = 0;
    /// The socket has taken what was written: the next write() may come.
    virtual void on_wrote() = 0;
    /// `reason` is a sentence without a full stop. `told`: the other side refused, and this is what it said. The socket
    /// is closed.
    virtual void on_failed(const std::string& reason, bool told) = 0;

   protected:
    ~Owner() = default;
  };

  static std::shared_ptr<WebSocket> dial(boost::asio::io_context& loop, Owner& owner,
                                         const boost::asio::ip::tcp::endpoint& to);
  static std::shared_ptr<WebSocket> accept(boost::asio::io_context& loop, Owner& owner, UpgradedConnection connection);
  virtual ~WebSocket() = default;

  /// Whether TCP has connected: until then a dialed one has not even reached a process.
  virtual bool connected() const = 0;
  /// One message. Not while another is being read.
  virtual void read() = 0;
  /// Longer messages fail the connection. Holds from the next read() on.
  virtual void limit(std::size_t message_bytes) = 0;
  /// One message of both parts. They stay until on_wrote(), or as long as `keep`. Not while another is being written.
  virtual void write(std::string_view first, std::string_view second, std::shared_ptr<const void> keep) = 0;
  /// Tells the other side the reason, of which 120 bytes arrive, and closes within a second. What is being written is
  /// written first, if the other side reads.
  virtual void close(std::string_view reason) = 0;
  /// Closes at once.
  virtual void cut() = 0;
};

}  // namespace muster::net
