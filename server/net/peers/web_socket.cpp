#include "server/net/peers/web_socket.hpp"

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <optional>
#include <utility>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>

#include "server/net/status.hpp"

namespace muster::net {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::chrono::seconds closing_time{1};
// The kernel gives a connection up when the other side confirms nothing for so long; its own patience is 15 minutes.
constexpr unsigned unconfirmed_ms = 10'000;
// A dialing WebSocket masks what it sends, in pieces of this size: one system call each.
constexpr std::size_t write_buffer_bytes = 80 * 1024;
constexpr std::size_t kept_bytes = 256 * 1024;  // A connection does not keep the memory of one big message.
constexpr std::size_t reason_bytes = 120;       // A WebSocket has room for 123.

/// Beast checks that reasons are UTF-8, and has no room for long ones.
websocket::close_reason close_reason_of(std::string_view sentence) {
  std::string text;
  for (const char c : sentence.substr(0, reason_bytes)) text += c >= 0x20 && c < 0x7f ? c : '?';
  return {websocket::close_code::policy_error, text};
}

class Socket final : public WebSocket, public std::enable_shared_from_this<Socket> {
 public:
  Socket(asio::io_context& loop, Owner& owner) : owner_(&owner), stream_(loop), closing_(loop) {}

  void dial(const tcp::endpoint& to);
  void accept(UpgradedConnection connection);

  bool connected() const override { return connected_; }
  void read() override;
  void limit(std::size_t message_bytes) override { stream_.read_message_max(message_bytes); }
  void write(std::string_view first, std::string_view second, std::shared_ptr<const void> keep) override;
  void close(std::string_view reason) override;
  void cut() override;

 private:
  tcp::socket& socket() { return stream_.next_layer(); }
  void prepare();
  void shake_hands(const tcp::endpoint& to);
  void opened();
  void read_some();
  void take(const error_code& error, std::size_t bytes);
  void fail(const std::string& reason, bool told = false);
  void fail(const error_code& error);

  Owner* owner_;  ///< null once it wants to hear no more
  websocket::stream<tcp::socket, /*deflateSupported=*/false> stream_;
  asio::steady_timer closing_;
  beast::flat_buffer in_;
  websocket::response_type response_;
  std::string request_;  ///< of an accepted one, for Beast to read
  bool connected_ = false;
  bool opened_ = false;
};

void Socket::dial(const tcp::endpoint& to) {
  socket().async_connect(to, [self = shared_from_this(), to](const error_code& error) {
    if (!self->owner_) return;
    if (error) return self->fail(error);
    self->connected_ = true;
    self->prepare();
    self->shake_hands(to);
  });
}

void Socket::shake_hands(const tcp::endpoint& to) {
  const std::string host = to.address().is_v6() ? "[" + to.address().to_string() + "]" : to.address().to_string();
  stream_.async_handshake(
      response_, host + ":" + std::to_string(to.port()), std::string(peer_path),
      [self = shared_from_this()](const error_code& error) {
        if (!self->owner_) return;
        if (!error) return self->opened();
        if (error != websocket::error::upgrade_declined) return self->fail(error);
        const unsigned status = self->response_.result_int();
        self->fail("it answers " + std::to_string(status) + " " + std::string(reason(status)) + " and takes no link",
                   /*told=*/true);
      });
}

void Socket::accept(UpgradedConnection connection) {
  connected_ = true;
  sockaddr_storage name{};
  socklen_t size = sizeof name;
  const bool known = ::getsockname(connection.socket.get(), reinterpret_cast<sockaddr*>(&name), &size) == 0;
  error_code error;
  socket().assign(known && name.ss_family == AF_INET6 ? tcp::v6() : tcp::v4(), connection.socket.get(), error);
  if (error) {
    asio::post(stream_.get_executor(), [self = shared_from_this(), error] {
      if (self->owner_) self->fail(error);
    });
    return;  // The connection closes its descriptor.
  }
  connection.socket.release();
  prepare();
  // What the session has judged already, in the words that matter: Beast has room for 1.5 KB here.
  request_ = "GET " + std::string(peer_path) +
             " HTTP/1.1\r\nHost: node\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
             "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + connection.key + "\r\n\r\n" + connection.early;
  stream_.async_accept(asio::buffer(request_), [self = shared_from_this()](const error_code& error_of_it) {
    if (!self->owner_) return;
    if (error_of_it) return self->fail(error_of_it);
    self->opened();
  });
}

void Socket::prepare() {
  error_code ignored;
  socket().set_option(tcp::no_delay(true), ignored);
  const unsigned patience = unconfirmed_ms;
  static_cast<void>(::setsockopt(socket().native_handle(), IPPROTO_TCP, TCP_USER_TIMEOUT, &patience, sizeof patience));
  stream_.binary(true);
  stream_.auto_fragment(false);
  stream_.write_buffer_bytes(write_buffer_bytes);
}

void Socket::opened() {
  opened_ = true;
  request_ = {};
  owner_->on_opened();
}

void Socket::read() {
  in_.consume(in_.size());
  if (in_.capacity() > kept_bytes) in_.shrink_to_fit();
  read_some();
}

/// Piece by piece, so that a large message on a slow line is heard of before it is whole.
void Socket::read_some() {
  stream_.async_read_some(in_, 0, [self = shared_from_this()](const error_code& error, std::size_t bytes) {
    if (self->owner_) self->take(error, bytes);
  });
}

void Socket::take(const error_code& error, std::size_t bytes) {
  if (error) return fail(error);
  owner_->on_heard(bytes);
  if (!owner_) return;
  if (!stream_.is_message_done()) return read_some();
  if (!stream_.got_binary()) return fail("it sent a text message, which means nothing here");
  owner_->on_message({static_cast<const char*>(in_.data().data()), in_.size()});
}

void Socket::write(std::string_view first, std::string_view second, std::shared_ptr<const void> keep) {
  const std::array<asio::const_buffer, 2> parts{asio::const_buffer(first.data(), first.size()),
                                                asio::const_buffer(second.data(), second.size())};
  stream_.async_write(parts, [self = shared_from_this(), keep = std::move(keep)](const error_code& error, std::size_t) {
    if (!self->owner_) return;
    if (error) return self->fail(error);
    self->owner_->on_wrote();
  });
}

void Socket::close(std::string_view reason) {
  owner_ = nullptr;
  if (!opened_) return cut();
  closing_.expires_after(closing_time);
  closing_.async_wait([self = shared_from_this()](const error_code& error) {
    if (!error) self->cut();
  });
  stream_.async_close(close_reason_of(reason), [self = shared_from_this()](const error_code&) {
    self->closing_.cancel();
    self->cut();
  });
}

void Socket::cut() {
  owner_ = nullptr;
  error_code ignored;
  socket().close(ignored);
}

void Socket::fail(const std::string& reason, bool told) {
  Owner* const owner = owner_;
  cut();
  owner->on_failed(reason, told);
}

void Socket::fail(const error_code& error) {
  // However the connection ended after it, this is why.
  if (error == websocket::error::closed || stream_.reason()) {
    const auto& said = stream_.reason().reason;
    return fail(said.empty() ? "it closed the link" : "it says: " + std::string(said.data(), said.size()),
                /*told=*/!said.empty());
  }
  if (error == asio::error::eof || error == beast::http::error::end_of_stream) return fail("it closed the connection");
  if (error == websocket::error::message_too_big || error == websocket::error::buffer_overflow)
    return fail("it sent a longer message than is allowed");
  fail(error.message());
}

}  // namespace

std::shared_ptr<WebSocket> WebSocket::dial(asio::io_context& loop, Owner& owner, const tcp::endpoint& to) {
  auto out = std::make_shared<Socket>(loop, owner);
  out->dial(to);
  return out;
}

std::shared_ptr<WebSocket> WebSocket::accept(asio::io_context& loop, Owner& owner, UpgradedConnection connection) {
  auto out = std::make_shared<Socket>(loop, owner);
  out->accept(std::move(connection));
  return out;
}

}  // namespace muster::net
