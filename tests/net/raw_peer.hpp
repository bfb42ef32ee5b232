#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/io_context.hpp>

#include "server/net/peers/handshake.hpp"
#include "server/net/peers/peers.hpp"

namespace muster::test {

/// The other end of a link that says exactly what it is told, byte by byte. Runs the loop of the node under test while
/// it waits.
class RawPeer {
 public:
  /// `receive_buffer`: SO_RCVBUF, to be one that takes little; 0 leaves it to the kernel.
  RawPeer(boost::asio::io_context& loop, std::uint16_t port, int receive_buffer = 0);
  ~RawPeer();
  RawPeer(const RawPeer&) = delete;
  RawPeer& operator=(const RawPeer&) = delete;

  void send(std::string_view bytes);
  /// Waits for the head of an answer and returns its status, with the head in head().
  unsigned status();
  const std::string& head() const { return head_; }
  /// Asks for the upgrade; the status. `headers` are whole lines, beside those that are needed.
  unsigned upgrade(std::string_view headers = {});
  /// The payload of the next frame; its opcode in opcode(). None: the other end closed the connection.
  std::optional<std::string> frame();
  unsigned opcode() const { return opcode_; }
  /// Waits for a close frame: its reason, or "" when the connection ended without one. Other frames are passed over.
  std::string farewell();
  /// The whole handshake, up to the point at which the node has a link.
  void greet(const net::PeerIdentity& identity);
  /// All until the other end closes.
  std::string rest();
  bool is_closed();

 private:
  bool receive();
  bool wait_for(std::size_t bytes);

  boost::asio::io_context& loop_;
  int socket_ = -1;
  std::string in_;
  std::string head_;
  unsigned opcode_ = 0;
  bool ended_ = false;
};

inline constexpr unsigned text_frame = 1;
inline constexpr unsigned binary_frame = 2;

/// A frame as a dialing side sends it. `length`: what it claims, where that is a lie.
std::string frame_of(std::string_view payload, unsigned opcode = binary_frame, std::optional<std::size_t> length = {});
std::string item(std::string_view bytes);
net::Handshake handshake_of(const net::PeerIdentity& identity, net::Handshake::Role role);

}  // namespace muster::test
