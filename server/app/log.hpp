#pragma once

#include <memory>
#include <string_view>

#include <spdlog/async_logger.h>
#include <spdlog/spdlog.h>

namespace muster::app {

/// The log for operators, on standard error, a line a message: time, level, event and key=value fields. Levels by
/// audience: error, an operator must act; warn, unusual and it heals itself; info, start, stop and totals; debug,
/// single registrations and evictions. Nothing that a client can trigger at will is logged above debug.
///
/// A thread of its own writes, so that a terminal or pipe that takes nothing cannot stop the loops; what it cannot take
/// is dropped, oldest first. Destroying the log writes out what waits. Any thread may log.
class Log {
 public:
  /// `level` is one of the names of the key log.level.
  explicit Log(std::string_view level);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  void set_level(std::string_view level);

  spdlog::logger* operator->() { return logger_.get(); }

 private:
  std::shared_ptr<spdlog::details::thread_pool> writer_;
  std::shared_ptr<spdlog::async_logger> logger_;
};

}  // namespace muster::app
