#include "server/net/server.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "server/net/listener.hpp"
#include "server/net/session.hpp"

namespace muster::net {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;
using std::chrono::milliseconds;

constexpr milliseconds longest_tick{250};
constexpr milliseconds shortest_tick{5};
constexpr std::chrono::seconds report_interval{1};

/// Deadlines are late by two ticks at most: no more than half of the shortest time-out.
milliseconds tick_for(const Limits& limits) {
  const milliseconds shortest =
      std::min({limits.header_timeout, limits.body_timeout, limits.idle_timeout, limits.write_timeout});
  return std::clamp(shortest / 4, shortest_tick, longest_tick);
}

std::string text_of(boost::asio::ip::address address) {
  if (address.is_v6() && address.to_v6().is_v4_mapped())  // A client of IPv4 at a socket of both.
    address = boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, address.to_v6());
  return address.to_string();
}

}  // namespace

class Server::Impl final : public Host, public Listener::Owner, public std::enable_shared_from_this<Impl> {
 public:
  Impl(boost::asio::io_context& io, api::Handler& request_handler, Limits initial,
       std::function<void(const std::string&)> report_function)
      : Host(io, request_handler, initial), report_(std::move(report_function)), tick_(io), drain_deadline_(io) {}

  void listen(const std::string& address, std::uint16_t port) {
    auto listener = std::make_shared<Listener>(loop, *this);
    listener->open(tcp::endpoint(boost::asio::ip::make_address(address), port));
    listener_ = std::move(listener);
    poller->start();
  }

  std::uint16_t port() const { return listener_->port(); }

  void accepted(int descriptor, const tcp::endpoint& peer) override;
  void accept_failed(const std::string& reason, unsigned turned_away) override;
  void session_closed(Session& session) override;
  void make_space() override;
  void report(const std::string& sentence) override;

  void drain(milliseconds deadline, std::function<void()> done);
  void close();

 private:
  void start_ticking();
  void tick();
  void finish_draining_if_empty();
  void cut_slowest();
  template <typename Action>
  void for_each_session(Action action) {
    // The action may close the session, which takes it out of the list.
    for (auto place = sessions_.begin(); place != sessions_.end();) {
      const SessionPtr session(&*place++);
      action(*session);
    }
  }

  std::function<void(const std::string&)> report_;
  std::shared_ptr<Listener> listener_;
  boost::intrusive::list<Session> sessions_;
  std::size_t refused_open_ = 0;
  boost::asio::steady_timer tick_;
  boost::asio::steady_timer drain_deadline_;
  std::function<void()> drained_;
  bool ticking_ = false;
  bool making_space_ = false;
  std::optional<std::chrono::steady_clock::time_point> last_report_;
};

void Server::Impl::accepted(int descriptor, const tcp::endpoint& peer) {
  const bool full = stats.open >= limits.connections;
  if (full) {
    ++stats.refused_full;
    if (refused_open_ >= limits.refused_kept) {  // it may see a reset instead of its 503
      ::close(descriptor);
      return;
    }
  } else {
    ++stats.accepted;
  }
  ++(full ? refused_open_ : stats.open);
  if (!ticking_) start_ticking();
  auto caller = std::make_shared<core::Caller>();
  if (!full) caller->address = text_of(peer.address());
  const SessionPtr session(new Session(*this, descriptor, std::move(caller), !full));
  sessions_.push_back(*session);
  intrusive_ptr_add_ref(session.get());  // The list's.
  if (!poller->add(descriptor, *session)) {
    report(std::string("cannot watch a connection, which is closed: ") + std::generic_category().message(errno));
    return session->close();
  }
  if (full) {
    session->refuse();
  } else {
    session->serve();
  }
}

void Server::Impl::accept_failed(const std::string& reason, unsigned turned_away) {
  ++stats.accept_errors;
  stats.refused_full += turned_away;
  report("cannot accept connections: " + reason + "; trying again each 100 ms. " + std::to_string(turned_away) +
         " clients were answered 503. Raise the limit of open files, or lower http.connections.");
}

void Server::Impl::session_closed(Session& session) {
  sessions_.erase(sessions_.iterator_to(session));
  --(session.counted() ? stats.open : refused_open_);
  intrusive_ptr_release(&session);
  finish_draining_if_empty();
}

void Server::Impl::make_space() {
  if (std::exchange(making_space_, true)) return;
  boost::asio::post(loop, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->cut_slowest();
  });
}

/// Two bodies may wait however large they are: the present one, and one that a change has just replaced.
void Server::Impl::cut_slowest() {
  making_space_ = false;
  while (unsent.bytes() > limits.unsent_bytes && unsent.bodies() > 2) {
    report("answers that wait for slow readers fill http.unsent_bytes: those that have waited for longest are cut");
    const auto slowest = std::min_element(sessions_.begin(), sessions_.end(), [](const Session& a, const Session& b) {
      if ((a.unsent_body() != nullptr) != (b.unsent_body() != nullptr)) return a.unsent_body() != nullptr;
      return a.writing_since() < b.writing_since();
    });
    for_each_session([this, body = slowest->unsent_body()](Session& session) {
      if (session.unsent_body() != body) return;
      ++stats.cut_for_space;
      session.cut();
    });
  }
}

void Server::Impl::report(const std::string& sentence) {
  const auto present = std::chrono::steady_clock::now();
  if (last_report_ && present - *last_report_ < report_interval) return;
  last_report_ = present;
  if (report_) report_(sentence);
}

void Server::Impl::start_ticking() {
  ticking_ = true;
  clock.start(tick_for(limits));
  tick();
}

/// One timer for all sessions: a timer for each operation would cost more than the operation.
void Server::Impl::tick() {
  tick_.expires_after(clock.period());
  tick_.async_wait([weak = weak_from_this()](const error_code&) {
    const auto self = weak.lock();
    if (!self || !self->ticking_) return;
    self->clock.tick();
    self->for_each_session([](Session& session) { session.check_deadline(); });
    if (self->sessions_.empty()) {
      self->ticking_ = false;
    } else {
      self->tick();
    }
  });
}

void Server::Impl::drain(milliseconds deadline, std::function<void()> done) {
  drained_ = std::move(done);
  draining = true;
  if (listener_) listener_->close();
  for_each_session([](Session& session) { session.drain(); });
  drain_deadline_.expires_after(deadline);
  drain_deadline_.async_wait([weak = weak_from_this()](const error_code& error) {
    const auto self = weak.lock();
    if (!error && self) self->for_each_session([](Session& session) { session.close(); });
  });
  finish_draining_if_empty();
}

void Server::Impl::finish_draining_if_empty() {
  if (!draining || !drained_ || !sessions_.empty()) return;
  drain_deadline_.cancel();
  poller->stop();
  boost::asio::post(loop, std::exchange(drained_, nullptr));
}

void Server::Impl::close() {
  drained_ = nullptr;
  ticking_ = false;
  if (listener_) listener_->close();
  for_each_session([](Session& session) { session.close(); });
  poller->stop();
  tick_.cancel();
  drain_deadline_.cancel();
}

Server::Server(boost::asio::io_context& loop, api::Handler& handler, Limits limits,
               std::function<void(const std::string&)> report)
    : impl_(std::make_shared<Impl>(loop, handler, limits, std::move(report))) {}

Server::~Server() {
  impl_->close();
}

void Server::set_upgrades(Upgrades* upgrades) {
  impl_->upgrades = upgrades;
}

void Server::listen(const std::string& address, std::uint16_t port) {
  impl_->listen(address, port);
}

std::uint16_t Server::port() const {
  return impl_->port();
}

void Server::set_limits(Limits limits) {
  impl_->limits = limits;
  impl_->clock.set_period(tick_for(limits));
}

void Server::drain(std::chrono::milliseconds deadline, std::function<void()> done) {
  impl_->drain(deadline, std::move(done));
}

const Stats& Server::stats() const {
  impl_->stats.unsent_bytes = impl_->unsent.bytes();
  return impl_->stats;
}

}  // namespace muster::net
