#include "server/core/timer_wheel.hpp"

#include <algorithm>

namespace muster::core {

TimerWheel::TimerWheel(Monotonic start) : current_(tick_before(start)) {}

std::uint64_t TimerWheel::tick_before(Monotonic time) {
  return static_cast<std::uint64_t>(std::max<Monotonic::rep>(time.count(), 0) / tick.count());
}

void TimerWheel::set(TimerHook& timer, Monotonic due) {
  constexpr std::uint64_t horizon = (std::uint64_t{1} << (bits * levels)) - slots * slots;
  const std::uint64_t wanted = tick_before(due + tick - Monotonic{1});
  timer.due_tick = std::clamp(wanted, current_ + 1, current_ + horizon);
  place(timer);
}

void TimerWheel::place(TimerHook& timer) {
  for (std::size_t level = 0; level < levels; ++level) {
    const unsigned shift = bits * static_cast<unsigned>(level);
    // A level holds what falls into the turn of the wheel that is under way.
    if (level + 1 == levels || timer.due_tick >> (shift + bits) == current_ >> (shift + bits)) {
      wheel_[level][timer.due_tick >> shift & (slots - 1)].push_back(timer);
      return;
    }
  }
}

void TimerWheel::step() {
  ++current_;
  for (std::size_t level = 1; level < levels; ++level) {
    if ((current_ & ((std::uint64_t{1} << (bits * level)) - 1)) != 0) break;
    cascade(level);
  }
  Hook& slot = wheel_[0][current_ & (slots - 1)];
  while (slot.linked()) due_.push_back(*slot.next);
}

void TimerWheel::cascade(std::size_t level) {
  Hook& slot = wheel_[level][current_ >> (bits * level) & (slots - 1)];
  Hook waiting;
  while (slot.linked()) waiting.push_back(*slot.next);
  while (waiting.linked()) place(static_cast<TimerHook&>(*waiting.next));
}

}  // namespace muster::core
