#include "server/net/listener.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <optional>
#include <system_error>
#include <utility>

#include "server/net/response_writer.hpp"
#include "server/net/status.hpp"

namespace muster::net {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;

// One burst of new clients must not keep the loop from those that it has.
constexpr unsigned accepts_per_turn = 64;
// Long enough not to burn the processor, short enough that nobody takes us for dead.
constexpr std::chrono::milliseconds pause_time{100};

/// -1 with errno when nobody can be accepted.
int accept_one(int acceptor, tcp::endpoint& peer) {
  auto size = static_cast<socklen_t>(peer.capacity());
  const int descriptor = ::accept4(acceptor, peer.data(), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (descriptor >= 0) peer.resize(size);
  return descriptor;
}

/// The listening socket itself is sound, and the next connection may be too: see accept(2).
bool concerns_one_connection(int error) {
  switch (error) {
    case EINTR:
    case ECONNABORTED:
    case EPERM:
    case EPROTO:
    case ENETDOWN:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case ENETUNREACH:
    case ETIMEDOUT:
      return true;
    default:
      return false;
  }
}

}  // namespace

Listener::Listener(boost::asio::io_context& loop, Owner& owner)
    : loop_(loop), owner_(&owner), acceptor_(loop), resume_(loop) {}

Listener::~Listener() {
  if (spare_ >= 0) ::close(spare_);
}

void Listener::open(const tcp::endpoint& endpoint) {
  tcp::acceptor acceptor(loop_);
  acceptor.open(endpoint.protocol());
  acceptor.set_option(tcp::acceptor::reuse_address(true));
  acceptor.bind(endpoint);
  acceptor.listen(boost::asio::socket_base::max_listen_connections);
  acceptor.native_non_blocking(true);
  acceptor_ = std::move(acceptor);
  reserve_spare();
  await();
}

void Listener::close() {
  owner_ = nullptr;
  error_code ignored;
  acceptor_.close(ignored);
  resume_.cancel();
}

void Listener::await() {
  acceptor_.async_wait(tcp::acceptor::wait_read, [self = shared_from_this()](const error_code&) {
    if (self->owner_) self->accept_waiting();
  });
}

void Listener::accept_waiting() {
  for (unsigned count = 0; count < accepts_per_turn && owner_; ++count) {
    tcp::endpoint peer;
    const int descriptor = accept_one(acceptor_.native_handle(), peer);
    if (descriptor >= 0) {
      hand_over(descriptor, peer);
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      break;
    } else if (!concerns_one_connection(errno)) {
      return pause(errno);
    }
  }
  if (owner_) await();
}

void Listener::hand_over(int descriptor, const tcp::endpoint& peer) {
  const int on = 1;  // Fails when the client has gone already; the session will find out.
  static_cast<void>(::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on));
  owner_->accepted(descriptor, peer);
}

void Listener::pause(int error) {
  const bool exhausted = error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
  const unsigned turned_away = exhausted ? turn_away() : 0;
  owner_->accept_failed(std::generic_category().message(error), turned_away);
  resume_.expires_after(pause_time);
  resume_.async_wait([self = shared_from_this()](const error_code&) {
    if (self->owner_) self->accept_waiting();
  });
}

unsigned Listener::turn_away() {
  if (spare_ < 0) return 0;
  ::close(std::exchange(spare_, -1));
  unsigned count = 0;
  for (; count < accepts_per_turn; ++count) {
    tcp::endpoint peer;
    const int descriptor = accept_one(acceptor_.native_handle(), peer);
    if (descriptor < 0) break;
    ResponseWriter writer;
    writer.start(refusal(503, {}, {}), {.without_body = false, .keep_alive = false, .http_1_0 = false}, {});
    writer.write(descriptor);
    ::shutdown(descriptor, SHUT_WR);
    // What has arrived is read, since closing would otherwise reset the connection before the answer is seen.
    char scratch[16 * 1024];
    static_cast<void>(::recv(descriptor, scratch, sizeof scratch, MSG_DONTWAIT));
    ::close(descriptor);
  }
  reserve_spare();
  return count;
}

void Listener::reserve_spare() {
  if (spare_ < 0) spare_ = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
}

}  // namespace muster::net
