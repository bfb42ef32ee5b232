#pragma once

#include <algorithm>
#include <chrono>

namespace muster::app {

/// The largest delay within the last half to whole minute. A maximum "since the last scrape" would be taken away by
/// whoever scrapes first; this one looks the same to every reader.
class RecentMaximum {
 public:
  static constexpr std::chrono::seconds window{30};

  void add(std::chrono::microseconds value, std::chrono::microseconds now) {
    turn(now);
    present_ = std::max(present_, value);
  }

  std::chrono::microseconds at(std::chrono::microseconds now) {
    turn(now);
    return std::max(present_, before_);
  }

 private:
  void turn(std::chrono::microseconds now) {
    if (now - began_ < window) return;
    before_ = now - began_ < 2 * window ? present_ : std::chrono::microseconds{0};
    present_ = std::chrono::microseconds{0};
    began_ = now;
  }

  std::chrono::microseconds began_{0};
  std::chrono::microseconds present_{0};
  std::chrono::microseconds before_{0};
};

}  // namespace muster::app
