#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "server/net/coarse_clock.hpp"
#include "server/net/peers/handshake.hpp"
#include "server/net/peers/items.hpp"
#include "server/net/peers/status.hpp"
#include "server/net/peers/web_socket.hpp"

namespace muster::net {

struct LinkOptions {
  std::size_t queue_bytes = 8 << 20;                 ///< more that waits for the socket ends the link
  std::chrono::milliseconds silence{5'000};          ///< without a byte of the other side: the link ends
  std::chrono::milliseconds connect_timeout{3'000};  ///< until TCP has connected
  std::chrono::milliseconds greet_timeout{5'000};    ///< from there until both sides trust each other
};

/// One connection of two nodes: greetings first, then messages of replication in both directions. Lives on its loop;
/// owned by Peers, which checks its deadlines.
class PeerLink final : public std::enable_shared_from_this<PeerLink>, private WebSocket::Owner {
 public:
  struct Ending {
    enum class Kind : std::uint8_t {
      unavailable,  ///< nobody answered, or not as a node does
      refused,      ///< by one of both sides
      ourselves,
      lost,  ///< it had been up
    };
    Kind kind = Kind::lost;
    std::string reason;
  };

  /// Called from the loop, never from within a call, save that check() may end the link. Any member may be called.
  struct Owner {
    /// The other side is who it says. A reason refuses it, and it is told so.
    virtual std::optional<std::string> link_verified(PeerLink& link) = 0;
    virtual void link_up(PeerLink& link) = 0;
    virtual void link_said(PeerLink& link, std::string_view message) = 0;
    virtual void link_took(PeerLink& link) = 0;
    /// The last call. Does not come after close() and cut().
    virtual void link_ended(PeerLink& link, const Ending& ending) = 0;

   protected:
    ~Owner() = default;
  };

  /// `clock` outlives the link, as `owner` does unless the link has been closed.
  PeerLink(boost::asio::io_context& loop, const CoarseClock& clock, LinkOptions options, Owner& owner,
           Handshake handshake);
  ~PeerLink();

  /// One of both begins it.
  void dial(const boost::asio::ip::tcp::endpoint& to);
  void accept(UpgradedConnection connection);

  /// Queues a message and returns its number: 1 for the first of this link. None: the link is not up, or the message
  /// does not fit into its queue, which ends it. `message` has at most item_bytes_max.
  std::optional<std::uint64_t> send(Message message);
  /// The messages up to this number were taken by the socket. That they arrived is more than anybody knows.
  std::uint64_t taken() const { return taken_; }

  /// Called each tick.
  void check();
  /// Tells the other side why and ends. Nothing is called afterwards.
  void close(std::string_view reason);
  /// The same once everything that waits is written; link_ended() tells.
  void finish(std::string reason);
  /// Ends at once.
  void cut();

  bool up() const { return state_ == State::up; }
  bool dialed() const { return handshake_.role() == Handshake::Role::dialed; }
  /// Once link_verified() was called.
  const peer::Hello& other() const { return handshake_.other(); }
  PeerLinkStatus status() const;
  CoarseClock::Duration up_for() const { return clock_.now() - since_; }
  const std::string& remote() const { return remote_; }
  /// It outlives the link while it tells the other side why that ends.
  std::weak_ptr<WebSocket> socket() const { return socket_; }

 private:
  enum class State : std::uint8_t { opening, greeting, up, ended };

  void on_opened() override;
  void on_heard(std::size_t bytes) override;
  void on_message(std::string_view message) override;
  void on_wrote() override;
  void on_failed(const std::string& reason, bool told) override;

  void deliver();
  void greet(std::string_view greeting);
  void judge_greeting();
  void flush();
  void flush_later();
  bool fits(std::size_t bytes);
  void end(Ending::Kind kind, const std::string& reason, bool tell);
  std::uint64_t frame_bytes(std::size_t payload, bool masked) const;

  boost::asio::io_context& loop_;
  const CoarseClock& clock_;
  const LinkOptions options_;
  Owner& owner_;
  Handshake handshake_;
  std::shared_ptr<WebSocket> socket_;
  std::string remote_;
  Outgoing out_;
  ItemReader in_;
  LinkCounts counts_;
  CoarseClock::Duration deadline_{0};
  CoarseClock::Duration since_{0};
  CoarseClock::Duration heard_{0};
  std::uint64_t sent_ = 0;
  std::uint64_t taken_ = 0;
  std::size_t writing_bytes_ = 0;  ///< 0: nothing is being written
  State state_ = State::opening;
  bool connected_ = false;
  bool flush_due_ = false;
  bool abandoned_ = false;  ///< the owner has ended it, and may be gone
  std::optional<std::string> finishing_;
};

}  // namespace muster::net
