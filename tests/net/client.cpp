#include "tests/net/client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "proto/model/ascii.hpp"

namespace muster::test {
namespace {

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace

std::string Reply::header(std::string_view name) const {
  std::size_t line = head.find("\r\n");
  while (line != std::string::npos) {
    line += 2;
    const std::size_t end = std::min(head.find("\r\n", line), head.size());
    const std::size_t colon = head.find(':', line);
    if (colon < end && model::equal_ignoring_case(std::string_view(head).substr(line, colon - line), name))
      return head.substr(colon + 2, end - colon - 2);
    line = end == head.size() ? std::string::npos : end;
  }
  return {};
}

bool Reply::has_header(std::string_view name) const {
  return model::to_lower(head).find("\r\n" + model::to_lower(name) + ":") != std::string::npos;
}

Client::Client(std::uint16_t port, int receive_buffer) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  if (socket_ < 0) fail("socket");
  if (receive_buffer > 0) ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  const int on = 1;
  ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    const int error = errno;
    ::close(socket_);
    errno = error;
    fail("connect");
  }
}

Client::~Client() {
  if (socket_ >= 0) ::close(socket_);
}

Client::Client(Client&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)), buffer_(std::move(other.buffer_)) {}

bool Client::try_send(std::string_view bytes) {
  while (!bytes.empty()) {
    wait_for(POLLOUT, "room to send");
    const ssize_t count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count < 0 && errno == EAGAIN) continue;
    if (count < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

void Client::send(std::string_view bytes) {
  if (!try_send(bytes)) fail("send");
}

void Client::shut_down() {
  ::shutdown(socket_, SHUT_WR);
}

void Client::reset() {
  const linger abort{1, 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &abort, sizeof abort);
  ::close(std::exchange(socket_, -1));
}

void Client::wait_for(short events, const char* what) const {
  pollfd wanted{socket_, events, 0};
  const int count = ::poll(&wanted, 1, static_cast<int>(std::chrono::milliseconds(patience).count()));
  if (count == 0) throw std::runtime_error(std::string("nothing came while waiting for ") + what);
  if (count < 0) fail("poll");
}

void Client::fill(const char* what) {
  wait_for(POLLIN, what);
  char piece[65536];
  const ssize_t count = ::recv(socket_, piece, sizeof piece, 0);
  if (count < 0) fail(std::string("receiving ") + what);
  if (count == 0) throw std::runtime_error(std::string("the server closed the connection instead of sending ") + what);
  buffer_.append(piece, static_cast<std::size_t>(count));
}

Reply Client::reply(bool without_body) {
  std::size_t end = 0;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) fill("the head of an answer");
  Reply reply;
  reply.head = buffer_.substr(0, end);
  reply.status = static_cast<unsigned>(std::stoul(reply.head.substr(reply.head.find(' ') + 1, 3)));
  buffer_.erase(0, end + 4);
  const std::string length = reply.header("Content-Length");
  if (without_body || length.empty()) return reply;
  const std::size_t size = std::stoul(length);
  while (buffer_.size() < size) fill("the body of an answer");
  reply.body = buffer_.substr(0, size);
  buffer_.erase(0, size);
  return reply;
}

Reply Client::get(std::string_view target) {
  send(request("GET", target));
  return reply();
}

std::string Client::read_some(std::size_t most) {
  if (buffer_.empty()) fill("bytes");
  std::string out = buffer_.substr(0, most);
  buffer_.erase(0, out.size());
  return out;
}

std::string Client::read_to_end() {
  std::string out = std::exchange(buffer_, {});
  for (;;) {
    wait_for(POLLIN, "the end of the connection");
    char piece[65536];
    const ssize_t count = ::recv(socket_, piece, sizeof piece, 0);
    if (count < 0) fail("receiving the rest");
    if (count == 0) return out;
    out.append(piece, static_cast<std::size_t>(count));
  }
}

bool Client::is_closed() {
  if (!buffer_.empty()) return false;
  wait_for(POLLIN, "the end of the connection");
  char piece = 0;
  const ssize_t count = ::recv(socket_, &piece, 1, 0);
  return count == 0 || (count < 0 && errno == ECONNRESET);
}

std::string request(std::string_view method, std::string_view target, std::string_view headers, std::string_view body) {
  std::string out;
  out.append(method).append(" ").append(target).append(" HTTP/1.1\r\nHost: test\r\n").append(headers);
  if (!body.empty()) out.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n");
  return out.append("\r\n").append(body);
}

}  // namespace muster::test
