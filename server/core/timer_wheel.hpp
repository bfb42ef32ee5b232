#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "server/core/time.hpp"

namespace muster::core {

/// A link of an intrusive, circular, doubly linked list: whoever embeds it is in at most one list at a time.
/// Leaves its list when destroyed.
struct Hook {
  Hook* previous = this;
  Hook* next = this;

  Hook() = default;
  ~Hook() { unlink(); }
  Hook(const Hook&) = delete;
  Hook& operator=(const Hook&) = delete;

  bool linked() const { return next != this; }

  void unlink() {
    previous->next = next;
    next->previous = previous;
    previous = next = this;
  }

  /// Puts `hook` at the end of the list whose head is `this`.
  void push_back(Hook& hook) {
    hook.unlink();
    hook.previous = previous;
    hook.next = this;
    previous->next = &hook;
    previous = &hook;
  }
};

/// Something with a deadline. `due` is kept with the hook because longer deadlines move down through the levels.
struct TimerHook : Hook {
  std::uint64_t due_tick = 0;
};

/// Hierarchical timing wheel (Varghese and Lauck, 1987): set and cancel are O(1), expiry is O(expired), whatever the
/// number of timers. A timer fires at the first advance() at or after its deadline rounded up to a tick.
class TimerWheel {
 public:
  static constexpr Monotonic tick{20'000};

  /// `start` is the time before which nothing is due.
  explicit TimerWheel(Monotonic start);

  /// Sets or moves a timer. Deadlines that have passed fire at the next advance; those beyond three days are taken as
  /// three days.
  void set(TimerHook& timer, Monotonic due);

  /// Takes out everything due up to `now`, oldest tick first, and calls `fire(TimerHook&)` for each; `fire` may set any
  /// timer, also the one that it was called for, and destroy it.
  template <class Fire>
  void advance(Monotonic now, Fire&& fire) {
    const std::uint64_t target = tick_before(now);
    while (current_ < target) {
      step();
      while (due_.linked()) {
        auto& timer = static_cast<TimerHook&>(*due_.next);
        timer.unlink();
        fire(timer);
      }
    }
  }

 private:
  static constexpr unsigned bits = 8;
  static constexpr std::size_t slots = std::size_t{1} << bits;
  static constexpr std::size_t levels = 3;

  static std::uint64_t tick_before(Monotonic time);
  void place(TimerHook& timer);
  void step();
  void cascade(std::size_t level);

  std::uint64_t current_;  ///< everything due up to this tick has been taken out
  std::array<std::array<Hook, slots>, levels> wheel_;
  Hook due_;
};

}  // namespace muster::core
