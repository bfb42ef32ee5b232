#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <queue>
#include <utility>
#include <vector>

namespace muster::sim {

using namespace std::chrono_literals;

/// True time of the world: what a perfect clock would show since the world began. Nodes and clients see it through
/// clocks of their own.
using Time = std::chrono::microseconds;

/// What happens when. Actions due at the same time run in the order in which they were planned, so a run depends on
/// nothing but its seed.
class Schedule {
 public:
  using Action = std::function<void()>;

  Time now() const { return now_; }

  /// Plans an action; one in the past runs next.
  void at(Time when, Action action) { items_.push(Item{std::max(when, now_), sequence_++, std::move(action)}); }
  void after(Time delay, Action action) { at(now_ + delay, std::move(action)); }

  /// Runs all that is due up to `until`, then stands there.
  void run_until(Time until) {
    while (!items_.empty() && items_.top().when <= until) {
      Item item = items_.top();
      items_.pop();
      now_ = item.when;
      item.action();
    }
    now_ = std::max(now_, until);
  }

 private:
  struct Item {
    Time when{0};
    std::uint64_t sequence = 0;
    Action action;

    bool operator<(const Item& other) const {  // std::priority_queue gives the greatest first
      return std::pair(when, sequence) > std::pair(other.when, other.sequence);
    }
  };

  Time now_{0};
  std::uint64_t sequence_ = 0;
  std::priority_queue<Item> items_;
};

}  // namespace muster::sim
