#pragma once

#include <chrono>
#include <ctime>
#include <string_view>

namespace muster::net {

/// The time for deadlines and for the Date header, read once a tick instead of once a request.
///
/// It does not count what the process slept or was stopped: a tick that comes late moves it by two periods at most, so
/// that the clients whose bytes were waiting in the sockets meanwhile are not cut off for it.
class CoarseClock {
 public:
  using Duration = std::chrono::milliseconds;

  /// Starts over at the present instant, with a tick each `period` from now on.
  void start(Duration period);
  void tick();
  void set_period(Duration period) { period_ = period; }

  Duration period() const { return period_; }
  Duration now() const { return now_; }
  /// A deadline that passes between `timeout` and `timeout` plus two periods from now.
  Duration deadline(Duration timeout) const { return now_ + period_ + timeout; }
  /// As a Date header has it: `Sun, 06 Nov 1994 08:49:37 GMT`.
  std::string_view date() const { return {date_, sizeof date_}; }

 private:
  void refresh_date();

  Duration period_{250};
  Duration now_{0};
  std::chrono::steady_clock::time_point last_{};
  std::time_t second_ = 0;
  char date_[29] = {};
};

}  // namespace muster::net
