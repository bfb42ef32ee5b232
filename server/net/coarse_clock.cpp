#include "server/net/coarse_clock.hpp"

#include <algorithm>
#include <cstdio>
#include <cstring>

namespace muster::net {

void CoarseClock::start(Duration period) {
  period_ = period;
  last_ = std::chrono::steady_clock::now();
  refresh_date();
}

void CoarseClock::tick() {
  const auto present = std::chrono::steady_clock::now();
  now_ += std::min(std::chrono::duration_cast<Duration>(present - last_), 2 * period_);
  last_ = present;
  refresh_date();
}

void CoarseClock::refresh_date() {
  const std::time_t second = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  if (second == second_) return;
  second_ = second;
  // Not strftime: its names of days and months depend on the locale.
  static constexpr const char* days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                           "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  std::tm parts{};
  gmtime_r(&second, &parts);
  char text[64];
  std::snprintf(text, sizeof text, "%s, %02d %s %04d %02d:%02d:%02d GMT", days[parts.tm_wday], parts.tm_mday,
                months[parts.tm_mon], parts.tm_year + 1900, parts.tm_hour, parts.tm_min, parts.tm_sec);
  std::memcpy(date_, text, sizeof date_);
}

}  // namespace muster::net
