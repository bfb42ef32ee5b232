#include "tests/sim/random_run.hpp"

#include <string>
#include <vector>

#include "tests/sim/ledger.hpp"
#include "tests/sim/world.hpp"

namespace muster::sim {
namespace {

core::Settings deal_settings(Random& random) {
  core::Settings settings = default_settings();
  if (random.permille(150)) {  // tight limits, so that every bound is met
    settings.limits.instances = 40;
    settings.limits.services = 4;
    settings.limits.dormant_overrides = 3;
    settings.limits.tombstones = 10;
    settings.limits.changes = 60;
  }
  if (random.permille(150)) settings.tombstone_retention = 60s;
  if (random.permille(150)) settings.change_retention = 30s;
  if (random.permille(200)) settings.self_preservation.enabled = false;
  if (random.permille(300)) settings.self_preservation.hold_max_service = 30s;
  if (random.permille(300)) settings.self_preservation.hold_max_infrastructure = 60s;
  settings.lease.doubled = random.permille(150);
  return settings;
}

NetworkOptions deal_network(Random& random) {
  NetworkOptions network;
  if (random.permille(300)) return network;
  network.delay_max = Time{random.between(1'000, 800'000)};
  network.loss_permille = static_cast<unsigned>(random.below(60));
  network.duplicate_permille = static_cast<unsigned>(random.below(60));
  network.straggler_permille = static_cast<unsigned>(random.below(40));
  return network;
}

ClientOptions deal_client(Random& random, std::size_t index) {
  static const std::vector<std::uint32_t> intervals{1, 5, 10, 30};
  ClientOptions options;
  options.key = {"service-" + std::to_string(random.below(6)), "instance-" + std::to_string(index)};
  options.face = random.permille(500) ? core::Face::eureka : core::Face::native;
  options.address = "10.0." + std::to_string(random.below(4)) + "." + std::to_string(index % 250 + 1);
  options.zone = random.permille(300) ? "" : "zone-" + std::to_string(random.below(3));
  const std::uint32_t interval = random.pick(intervals);
  options.lease = {interval, interval * static_cast<std::uint32_t>(random.between(2, 4))};
  if (random.permille(100)) options.lease.duration_s.reset();
  options.interval = std::chrono::seconds(interval);
  options.gives_incarnation = random.permille(600);
  options.clock_offset = std::chrono::milliseconds(random.between(-5'000, 5'000));
  return options;
}

/// What happens to the world while it runs.
class Faults {
 public:
  explicit Faults(World& world) : world_(world), random_(world.random().fork()) {}

  void one() {
    switch (random_.below(15)) {
      case 0:
        return client().kill();
      case 1:
        return client().start();
      case 2:
        return client().cancel();
      case 3:
        return client().set_status(status());
      case 4:
        return client().set_metadata("color", std::to_string(random_.below(3)));
      case 5:
        return cut_some();
      case 6:
        return world_.network().heal_all();
      case 7:
        return stop_node();
      case 8:
        return world_.node().clock().step_wall(std::chrono::milliseconds(random_.between(-3'600'000, 3'600'000)));
      case 9:
        return set_override();
      case 10:
        return clear_override();
      case 11:
        return patch();
      case 12:
        return kill_many();
      case 13:
        return cancel_in_haste();
      default:
        return client().start();
    }
  }

 private:
  SimClient& client() { return world_.client(random_.below(world_.clients())); }
  model::Status status() { return static_cast<model::Status>(random_.below(model::status_count)); }
  core::Face face() { return random_.permille(500) ? core::Face::eureka : core::Face::native; }

  /// A share of all, or of one service, loses its link: one direction or both.
  void cut_some() {
    const unsigned share = static_cast<unsigned>(random_.below(600));
    const auto way = random_.below(3);
    for (std::size_t i = 0; i < world_.clients(); ++i) {
      if (!random_.permille(share)) continue;
      if (way != 0) world_.network().cut(i, Direction::to_node);
      if (way != 1) world_.network().cut(i, Direction::to_client);
    }
  }

  void kill_many() {
    const std::string service = client().key().service;
    for (std::size_t i = 0; i < world_.clients(); ++i)
      if (world_.client(i).key().service == service && random_.permille(700)) world_.client(i).kill();
  }

  /// The cancel may overtake what was sent just before it.
  void cancel_in_haste() {
    SimClient& leaving = client();
    leaving.set_metadata("color", std::to_string(random_.below(3)));
    if (random_.permille(500)) leaving.set_status(status());
    leaving.cancel();
  }

  void stop_node() {
    if (world_.node().stopped()) return;
    random_.permille(700) ? world_.node().pause() : world_.node().suspend();
    world_.schedule().after(Time{random_.between(1'000, 90'000'000)}, [this] { world_.node().resume(); });
  }

  void set_override() {
    core::SetOverride command;
    command.key = client().key();
    command.value = random_.permille(700) ? model::Status::out_of_service : status();
    command.reason = "maintenance";
    command.face = face();
    if (command.face == core::Face::native && random_.permille(500))
      command.ttl = std::chrono::seconds(random_.between(1, 120));
    client().send(command);
  }

  void clear_override() { client().send(core::ClearOverride{client().key(), std::nullopt, face()}); }

  void patch() {
    core::PatchMetadata command;
    command.key = client().key();
    command.face = face();
    command.changes["weight"] = std::to_string(random_.below(3));
    if (command.face == core::Face::native && random_.permille(300)) command.changes["color"] = std::nullopt;
    client().send(command);
  }

  World& world_;
  Random random_;
};

}  // namespace

RandomRun run_random_world(std::uint64_t seed) {
  Random random(seed);
  WorldOptions options;
  options.seed = random.next();
  options.settings = deal_settings(random);
  options.network = deal_network(random);
  options.node_drift_ppm = random.between(-300, 300);
  World world(options);
  const std::uint64_t clients = 5 + random.below(60);
  for (std::uint64_t i = 0; i < clients; ++i) world.client(deal_client(random, i));
  for (std::uint64_t i = 0; i < clients; ++i) {
    if (random.permille(100)) continue;
    world.schedule().after(Time{random.between(0, 20'000'000)}, [&world, i] { world.client(i).start(); });
  }
  Faults faults(world);
  world.run_for(30s);
  const auto rounds = random.below(60);
  for (std::uint64_t i = 0; i < rounds; ++i) {
    faults.one();
    world.run_for(Time{random.between(0, 20'000'000)});
  }
  world.network().heal_all();
  world.run_for(2min);
  return {world.node().trace().hash(), world.node().steps(), world.ledger().evictions(), world.ledger().holds_begun()};
}

}  // namespace muster::sim
