#pragma once

#include <sys/epoll.h>

#include <array>
#include <memory>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

namespace muster::net {

/// Tells connections when they can be read or written: one epoll set beside the loop's own, each socket entered once.
/// Lives on its loop.
///
/// Why not Asio's waits: each re-arms its socket by a system call, one of four that a heartbeat costs. Here the loop
/// waits for the whole set, and re-arms that once for all sockets that were ready together.
class Poller : public std::enable_shared_from_this<Poller> {
 public:
  /// What became possible since the last call: epoll(7), edge-triggered. Whoever stops before a call would block has to
  /// go on by himself.
  struct Ready {
    bool input;
    bool output;
    bool ended;  ///< the peer has closed its side, or the connection is broken: there is an end to read
  };
  class Watched {
   public:
    virtual void on_ready(Ready ready) = 0;

   protected:
    ~Watched() = default;
  };

  /// Throws boost::system::system_error when the process has no descriptor left.
  explicit Poller(boost::asio::io_context& loop);
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  void start() { await(); }
  void stop();

  /// False: errno says why the kernel could not. `watched` stays until remove().
  bool add(int descriptor, Watched& watched);
  /// Before the descriptor is closed. After it `watched` is not called any more, from within on_ready() too.
  void remove(int descriptor, Watched& watched);

 private:
  static constexpr int events_per_turn = 64;

  void await();
  void deliver();

  boost::asio::posix::stream_descriptor set_;
  std::array<epoll_event, events_per_turn> events_;
  int next_ = 0;  ///< events_[next_, end_) are not delivered yet
  int end_ = 0;
};

}  // namespace muster::net
