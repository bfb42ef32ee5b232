#include "server/app/loop_watch.hpp"

#include "server/app/clock.hpp"

namespace muster::app {
namespace {

/// Rare enough that an idle node stays idle, often enough to see most of a delay that matters.
constexpr std::chrono::milliseconds interval{250};

}  // namespace

LoopWatch::LoopWatch(boost::asio::io_context& loop) : timer_(loop) {
  wait();
}

std::chrono::microseconds LoopWatch::lag() {
  return maximum_.at(Clock::monotonic());
}

void LoopWatch::wait() {
  timer_.expires_after(interval);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    const core::Monotonic now = Clock::monotonic();
    const auto due = std::chrono::duration_cast<core::Monotonic>(timer_.expiry().time_since_epoch());
    maximum_.add(std::max(now - due, core::Monotonic{0}), now);
    wait();
  });
}

}  // namespace muster::app
