// Goal: the core gets its wake-ups, and callers their answers. Method: a real loop and a lease of two seconds.
#include <memory>

#include <catch2/catch.hpp>

#include "server/app/registry_loop.hpp"

using namespace muster;
using namespace std::chrono_literals;

namespace {

core::Register registration(std::uint32_t interval_s, std::uint32_t duration_s) {
  core::Register command;
  command.key = {"orders", "a"};
  command.payload = model::pack({});
  command.lease = {interval_s, duration_s};
  return command;
}

core::Settings settings() {
  core::Settings out;
  out.origin = {1, 1};
  return out;
}

struct World {
  boost::asio::io_context loop{1};
  app::Log log{"error"};
  app::FactLog facts{loop, log, /*events_max=*/100};
  app::RegistryLoop registry{loop, settings(), /*seed=*/1, facts};

  core::Result run(core::Command command) {
    core::Result result = core::Result::unknown_hold;
    registry.execute(std::make_shared<const core::Caller>(), std::move(command),
                     [&](core::Outcome outcome) { result = outcome.result; });
    return result;
  }
};

}  // namespace

TEST_CASE("commands are answered within the call and views show them") {
  World world;
  CHECK(world.run(registration(30, 90)) == core::Result::created);
  CHECK(world.run(core::Renew{.key = {"orders", "a"}}) != core::Result::unknown_instance);
  CHECK(world.run(core::Renew{.key = {"orders", "b"}}) == core::Result::unknown_instance);
  CHECK(world.registry.services_now()->registry->size == 1);
  CHECK(world.facts.counts()[static_cast<std::size_t>(core::Cause::registered)] == 1);
}

TEST_CASE("a completion may send the next command") {
  World world;
  core::Result second = core::Result::ok;
  world.registry.execute(std::make_shared<const core::Caller>(), registration(30, 90), [&](core::Outcome) {
    second = world.run(core::Cancel{.key = {"orders", "a"}});
  });
  CHECK(second == core::Result::ok);
  CHECK(world.registry.services_now()->registry->size == 0);
}

TEST_CASE("an instance that does not renew is evicted by the timer alone") {
  World world;
  world.run(registration(1, 2));
  const auto expired = [&] { return world.facts.counts()[static_cast<std::size_t>(core::Cause::expired)]; };
  const auto began = std::chrono::steady_clock::now();
  while (expired() == 0 && std::chrono::steady_clock::now() - began < 60s) world.loop.run_one_for(60s);
  CHECK(expired() == 1);
  CHECK(std::chrono::steady_clock::now() - began >= 1900ms);
  CHECK(world.registry.services_now()->registry->size == 0);
}
