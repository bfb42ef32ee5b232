#pragma once

#include <functional>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

namespace muster::app {

/// Turns signals into calls on the loop: SIGTERM and SIGINT stop, SIGHUP reloads. SIGPIPE is ignored: a log that nobody
/// reads any more must not end the node.
class Signals {
 public:
  Signals(boost::asio::io_context& loop, std::function<void(int signal)> stop, std::function<void()> reload);

  /// No more calls; the loop may run out of work.
  void cancel();

 private:
  void wait();

  boost::asio::signal_set set_;
  std::function<void(int)> stop_;
  std::function<void()> reload_;
};

}  // namespace muster::app
