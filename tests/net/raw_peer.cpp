#include "tests/net/raw_peer.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>

#include "tests/net/cluster.hpp"

namespace muster::test {

RawPeer::RawPeer(boost::asio::io_context& loop, std::uint16_t port, int receive_buffer)
    : loop_(loop), socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  if (receive_buffer > 0) ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    throw std::system_error(errno, std::generic_category(), "connect");
}

RawPeer::~RawPeer() {
  ::close(socket_);
}

void RawPeer::send(std::string_view bytes) {
  const bool done = run_until(loop_, [&] {
    const ssize_t count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count > 0) bytes.remove_prefix(static_cast<std::size_t>(count));
    return bytes.empty() || (count < 0 && errno != EAGAIN);  // Whether the node still reads shows in what comes back.
  });
  if (!done) throw std::runtime_error("the node takes nothing");
}

bool RawPeer::receive() {
  char piece[65536];
  const ssize_t count = ::recv(socket_, piece, sizeof piece, MSG_DONTWAIT);
  if (count > 0) in_.append(piece, static_cast<std::size_t>(count));
  if (count == 0 || (count < 0 && errno != EAGAIN)) ended_ = true;
  return count > 0;
}

bool RawPeer::wait_for(std::size_t bytes) {
  const bool done = run_until(loop_, [&] {
    while (!ended_ && in_.size() < bytes && receive()) continue;
    return ended_ || in_.size() >= bytes;
  });
  if (!done) throw std::runtime_error("the node neither sends nor closes");
  return in_.size() >= bytes;
}

unsigned RawPeer::status() {
  std::size_t end = 0;
  while ((end = in_.find("\r\n\r\n")) == std::string::npos)
    if (!wait_for(in_.size() + 1)) throw std::runtime_error("the connection ended without an answer");
  head_ = in_.substr(0, end);
  in_.erase(0, end + 4);
  return static_cast<unsigned>(std::stoul(head_.substr(head_.find(' ') + 1, 3)));
}

unsigned RawPeer::upgrade(std::string_view headers) {
  send(
      "GET /v1/peer HTTP/1.1\r\nHost: node\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: "
      "13\r\n"
      "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n" +
      std::string(headers) + "\r\n");
  return status();
}

std::optional<std::string> RawPeer::frame() {
  if (!wait_for(2)) return std::nullopt;
  opcode_ = static_cast<unsigned char>(in_[0]) & 0xf;
  std::size_t size = static_cast<unsigned char>(in_[1]) & 0x7f;
  std::size_t head = 2;
  if (size >= 126) {
    const std::size_t more = size == 126 ? 2 : 8;
    if (!wait_for(head + more)) return std::nullopt;
    size = 0;
    for (std::size_t i = 0; i < more; ++i) size = size << 8 | static_cast<unsigned char>(in_[head + i]);
    head += more;
  }
  if (!wait_for(head + size)) return std::nullopt;
  std::string out = in_.substr(head, size);
  in_.erase(0, head + size);
  return out;
}

std::string RawPeer::farewell() {
  while (const auto payload = frame())
    if (opcode_ == 8) return payload->size() > 2 ? payload->substr(2) : std::string();
  return {};
}

void RawPeer::greet(const net::PeerIdentity& identity) {
  if (upgrade() != 101) throw std::runtime_error("no upgrade: " + head_);
  net::Handshake handshake = handshake_of(identity, net::Handshake::Role::dialed);
  send(frame_of(item(handshake.opening())));
  while (handshake.state() != net::Handshake::State::done) {
    const auto payload = frame();
    if (!payload || opcode_ != binary_frame) throw std::runtime_error("the node refused: " + payload.value_or(""));
    if (const auto answer = handshake.take(payload->substr(4))) send(frame_of(item(*answer)));
    if (handshake.state() == net::Handshake::State::verified) send(frame_of(item(handshake.welcome())));
    if (handshake.state() == net::Handshake::State::refused) throw std::runtime_error(handshake.reason());
  }
}

std::string RawPeer::rest() {
  while (wait_for(in_.size() + 1)) continue;
  return in_;
}

bool RawPeer::is_closed() {
  rest();
  return ended_;
}

std::string frame_of(std::string_view payload, unsigned opcode, std::optional<std::size_t> length) {
  const std::size_t size = length.value_or(payload.size());
  std::string out;
  out += static_cast<char>(0x80 | opcode);
  const std::size_t more = size < 126 ? 0 : size < 65'536 ? 2 : 8;
  out += static_cast<char>(0x80 | (more == 0 ? size : more == 2 ? 126 : 127));
  for (std::size_t i = more; i > 0; --i) out += static_cast<char>((size >> (8 * (i - 1))) & 0xff);
  out.append(4, '\0');  // A mask that changes nothing.
  return out.append(payload);
}

std::string item(std::string_view bytes) {
  std::string out;
  for (unsigned shift = 0; shift < 32; shift += 8) out += static_cast<char>((bytes.size() >> shift) & 0xff);
  return out.append(bytes);
}

net::Handshake handshake_of(const net::PeerIdentity& identity, net::Handshake::Role role) {
  peer::Hello hello;
  hello.cluster = identity.cluster;
  hello.origin = identity.origin;
  hello.version = identity.version;
  hello.nonce.fill(static_cast<std::uint8_t>(identity.origin.node));
  return net::Handshake(role, hello, identity.secret);
}

}  // namespace muster::test
