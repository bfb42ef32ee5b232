// Goal: a timer fires at the first look at or after its deadline, once, in the order of deadlines, at any distance.
// Method: drive the wheel with made-up times, and compare with a sorted map over random operations.
#include "server/core/timer_wheel.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <memory>
#include <random>
#include <vector>

using namespace muster::core;
using namespace std::chrono_literals;

namespace {

struct Named : TimerHook {
  int name = 0;
};

std::vector<int> fired(TimerWheel& wheel, Monotonic now) {
  std::vector<int> names;
  wheel.advance(now, [&](TimerHook& timer) { names.push_back(static_cast<Named&>(timer).name); });
  return names;
}

}  // namespace

TEST_CASE("a timer fires once, not before its deadline and within one tick after it") {
  const auto distance = GENERATE(1us, 19'999us, 20'000us, 20'001us, 5s, 6s, 22min, 3h, 24h, 48h);
  TimerWheel wheel(7s);
  Named timer;
  wheel.set(timer, 7s + distance);
  CHECK(fired(wheel, 7s + distance - 1us).empty());
  CHECK(fired(wheel, 7s + distance + TimerWheel::tick).size() == 1);
  CHECK(fired(wheel, 7s + distance + 60s).empty());
}

TEST_CASE("a deadline that has passed fires at the next look") {
  TimerWheel wheel(100s);
  Named timer;
  wheel.set(timer, 1s);
  CHECK(fired(wheel, 100s + TimerWheel::tick).size() == 1);
}

TEST_CASE("a timer that is moved fires at its new deadline only") {
  TimerWheel wheel(0s);
  Named timer;
  wheel.set(timer, 1s);
  wheel.set(timer, 10min);
  CHECK(fired(wheel, 9min).empty());
  wheel.set(timer, 9min + 1s);
  CHECK(fired(wheel, 9min + 2s).size() == 1);
}

TEST_CASE("a timer that is destroyed does not fire") {
  TimerWheel wheel(0s);
  auto timer = std::make_unique<Named>();
  wheel.set(*timer, 1s);
  timer.reset();
  CHECK(fired(wheel, 2s).empty());
}

TEST_CASE("a timer may be set again, for the same moment or a later one, while it fires") {
  TimerWheel wheel(0s);
  Named timer;
  wheel.set(timer, 1s);
  int count = 0;
  wheel.advance(10s, [&](TimerHook& hook) {
    if (++count < 5) wheel.set(hook, 1s * (count + 1));
  });
  CHECK(count == 5);
}

TEST_CASE("random sets, moves and cancels agree with a sorted map") {
  const auto seed = GENERATE(range(1u, 21u));
  CAPTURE(seed);
  std::mt19937 random(seed);
  TimerWheel wheel(0s);
  std::vector<Named> timers(200);
  std::map<int, Monotonic> due;
  for (int i = 0; i < 200; ++i) timers[static_cast<std::size_t>(i)].name = i;
  Monotonic now{0};
  for (int round = 0; round < 2000; ++round) {
    const int name = static_cast<int>(random() % 200);
    if (random() % 5 == 0) {
      timers[static_cast<std::size_t>(name)].unlink();
      due.erase(name);
    } else {
      due[name] = now + Monotonic(random() % (random() % 2 ? 4'000'000 : 4'000'000'000));
      wheel.set(timers[static_cast<std::size_t>(name)], due[name]);
    }
    now += Monotonic(random() % 3'000'000);
    Monotonic latest{-1};
    wheel.advance(now, [&](TimerHook& timer) {
      const int fired_name = static_cast<Named&>(timer).name;
      REQUIRE(due.count(fired_name) == 1);
      REQUIRE(due[fired_name] <= now);
      REQUIRE(due[fired_name] + TimerWheel::tick > latest);
      latest = std::max(latest, due[fired_name]);
      due.erase(fired_name);
    });
    for (const auto& [left, when] : due) REQUIRE(when + 2 * TimerWheel::tick > now);
  }
}
