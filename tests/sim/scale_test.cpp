#include <catch2/catch.hpp>

#include <chrono>

#include "server/core/node.hpp"
#include "tests/sim/client.hpp"
#include "tests/sim/clock.hpp"
#include "tests/sim/world.hpp"

namespace muster::sim {
namespace {

#ifdef __SANITIZE_ADDRESS__
constexpr std::size_t crowd_max = 200'000;  // the sanitizer's memory and time would be half a machine's
#else
constexpr std::size_t crowd_max = 1'000'000;
#endif

/// A node without a world around it: a million instances need no network.
class Crowd {
 public:
  explicit Crowd(std::size_t size) : size_(size), node_(settings(), now(), 1) {
    for (std::size_t i = 0; i < size_; ++i) {
      core::Register command;
      command.key = key(i);
      command.payload = payload_;
      command.lease = {10, 100};
      ask(std::move(command));
    }
  }

  void renew(std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to; ++i) ask(core::Renew{key(i), std::nullopt, core::Face::native});
  }

  /// Timers as the node asks for them, nothing else; gives the evictions.
  std::size_t pass(Time span) {
    std::size_t evicted = 0;
    for (const Time end = time_ + span; time_ < end;) {
      time_ += 100ms;
      evicted += node_.handle(core::Timer{}, now()).facts.size();
    }
    return evicted;
  }

 private:
  static core::Settings settings() {
    core::Settings settings = default_settings();
    settings.self_preservation.enabled = false;
    return settings;
  }

  core::Key key(std::size_t i) const { return {"service-" + std::to_string(i % 100), std::to_string(i)}; }
  core::Now now() const { return {time_, SimClock::epoch_ms + time_.count() / 1000}; }
  void ask(core::Command command) { node_.handle(core::Request{1, caller_, std::move(command)}, now()); }

  std::size_t size_;
  Time time_ = 1h;
  core::CallerPtr caller_ = std::make_shared<core::Caller>(core::Caller{"10.0.0.1", ""});
  model::Payload payload_ = payload_of(ClientOptions{}, {});
  core::Node node_;
};

/// The time that `run` takes: the least of three, since others use the machine too.
template <class F>
std::chrono::duration<double> cost_of(F&& run) {
  auto least = std::chrono::duration<double>::max();
  for (int i = 0; i < 3; ++i) {
    const auto start = std::chrono::steady_clock::now();
    run();
    least = std::min<std::chrono::duration<double>>(least, std::chrono::steady_clock::now() - start);
  }
  return least;
}

}  // namespace

// Goal: a renewal is O(1). Method: the same ten thousand renewals beside ten thousand leases and beside many more. What
// is left of a difference is the memory's caches; a scan would cost as many times more as there are more leases.
TEST_CASE("renewals cost the same beside many more leases") {
  constexpr std::size_t few = 10'000, many = crowd_max / 2;
  Crowd small(few), large(many);
  const auto renewals_small = cost_of([&] { small.renew(0, few); });
  const auto renewals_large = cost_of([&] { large.renew(0, few); });
  CHECK(renewals_large.count() < 8 * renewals_small.count());
}

// Goal: expiry is exact and complete at a million leases. Method: all renew but one in a hundred.
TEST_CASE("of a million leases one percent expires and the rest stays") {
  constexpr std::size_t size = crowd_max, dead = size / 100;
  Crowd crowd(size);
  CHECK(crowd.pass(10s) == 0);
  crowd.renew(dead, size);
  CHECK(crowd.pass(89'900ms) == 0);
  CHECK(crowd.pass(400ms) == dead);
  CHECK(crowd.pass(9s) == 0);
}

}  // namespace muster::sim
