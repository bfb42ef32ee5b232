#pragma once

#include <chrono>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "server/app/recent_maximum.hpp"

namespace muster::app {

/// Measures how late a loop is, by a timer that should ring at fixed times. Lives on that loop.
class LoopWatch {
 public:
  explicit LoopWatch(boost::asio::io_context& loop);

  /// The largest delay of about the last minute.
  std::chrono::microseconds lag();

 private:
  void wait();

  boost::asio::steady_timer timer_;
  RecentMaximum maximum_;
};

}  // namespace muster::app
