#include <catch2/catch.hpp>

#include "proto/model/payload.hpp"
#include "tests/sim/reference.hpp"
#include "tests/sim/schedule.hpp"
#include "tests/sim/seeds.hpp"
#include "tests/sim/sim_node.hpp"

namespace muster::sim {
namespace {

/// Few keys and few values, so that commands meet.
class Commands {
 public:
  explicit Commands(Random random) : random_(random) {}

  core::Command one(core::WallMs wall_ms) {
    wall_ms_ = wall_ms;
    switch (random_.below(16)) {
      case 0:
      case 1:
      case 2:
      case 3:
        return registration();
      case 4:
      case 5:
        return core::Renew{key(), dirty(), face_};
      case 6:
        return core::RenewMany{{key(), key(), key()}};
      case 7:
      case 8:
        return core::Cancel{key(), maybe_incarnation(), core::Face::native};
      case 9:
        return core::Cancel{key(), std::nullopt, core::Face::eureka};
      case 10:
        return core::SetStatus{key(), status(), maybe_incarnation()};
      case 11:
      case 12:
        return set_override();
      case 13:
        return core::ClearOverride{key(), dirty(), face_};
      case 14:
        return patch();
      default:
        return core::ReadInstance{key()};
    }
  }

 private:
  core::Key key() { return {"service-" + std::to_string(random_.below(2)), std::to_string(random_.below(3))}; }
  model::Status status() { return static_cast<model::Status>(random_.below(model::status_count)); }

  /// Timestamps of now, of a minute or more ago, and of a clock that runs ahead. Chooses the face as well.
  std::optional<std::int64_t> dirty() {
    face_ = random_.permille(500) ? core::Face::eureka : core::Face::native;
    if (face_ == core::Face::native || random_.permille(200)) return std::nullopt;
    return moment();
  }
  std::int64_t moment() { return wall_ms_ - random_.between(-5, 90) * 1000; }
  std::optional<core::Incarnation> maybe_incarnation() {
    if (random_.permille(500)) return std::nullopt;
    return static_cast<core::Incarnation>(moment());
  }

  core::Register registration() {
    core::Register command;
    command.key = key();
    command.dirty_ms = dirty();
    command.face = face_;
    if (face_ == core::Face::native) command.incarnation = maybe_incarnation();
    model::Instance instance;
    instance.address = "10.0.0." + std::to_string(random_.below(2));
    command.payload = model::pack(instance);
    command.reported = random_.permille(700) ? model::Status::up : status();
    const auto interval = static_cast<std::uint32_t>(random_.between(1, 20));
    if (random_.permille(800)) command.lease.duration_s = static_cast<std::uint32_t>(random_.between(1, 60));
    if (command.lease.duration_s && random_.permille(500)) command.lease.interval_s = interval;
    if (face_ == core::Face::eureka && random_.permille(100)) command.override_ = model::Status::out_of_service;
    return command;
  }

  core::SetOverride set_override() {
    core::SetOverride command;
    command.key = key();
    command.value = status();
    command.by = "ann";
    command.dirty_ms = dirty();
    command.face = face_;
    if (face_ == core::Face::native && random_.permille(500))
      command.ttl = std::chrono::seconds(random_.between(1, 90));
    return command;
  }

  core::PatchMetadata patch() {
    core::PatchMetadata command;
    command.key = key();
    dirty();
    command.face = face_;
    command.changes["color"] = std::to_string(random_.below(2));
    if (random_.permille(300)) command.changes["weight"] = std::nullopt;
    return command;
  }

  Random random_;
  core::WallMs wall_ms_ = 0;
  core::Face face_ = core::Face::native;
};

/// Where the node and the reference differ; empty when they agree.
std::string difference(core::Node& node, const std::vector<Row>& rows) {
  Snapshots snapshots;
  const Snapshot& listed = snapshots.look(node);
  std::size_t live = 0;
  for (const Row& row : rows) {
    const auto found = listed.find(row.key);
    if ((found != listed.end()) != row.live) return to_string(row.key) + (row.live ? " is not listed" : " is listed");
    if (!row.live) continue;
    ++live;
    const core::Entry& entry = *found->second.entry;
    const core::Registration& registration = *entry.record.registration;
    if (registration.incarnation != row.incarnation) return to_string(row.key) + " has another incarnation";
    if (registration.reported != row.reported) return to_string(row.key) + " has another reported status";
    if (*registration.payload != row.payload) return to_string(row.key) + " has another payload";
    if (!(registration.lease == row.terms)) return to_string(row.key) + " has other lease terms";
    if (entry.visible != row.visible()) return to_string(row.key) + " shows another status";
    if (core::override_value(entry.record) != row.override_value) return to_string(row.key) + " has another override";
    std::map<std::string, std::optional<std::string>> overlay;
    if (entry.record.overlay)
      for (const auto& [name, item] : *entry.record.overlay) overlay[name] = item.value;
    if (overlay != row.overlay) return to_string(row.key) + " has another overlay";
  }
  return live == listed.size() ? "" : "the node lists more than was registered";
}

void run(std::uint64_t seed) {
  Random random(seed);
  core::Settings settings;
  settings.origin = {7, 1};
  settings.self_preservation.enabled = false;
  settings.tombstone_retention = std::chrono::seconds(random.between(20, 200));
  // Commands come 50 ms after full seconds, so ends of leases, which are exact to 250 ms only, never fall together with
  // them, and the reference can be exact.
  Schedule schedule;
  SimNode node(schedule, random.fork(), SimNodeOptions{settings, 0, 0ms});
  schedule.run_until(50ms);
  Reference reference(settings);
  Commands commands(random.fork());
  const auto caller = std::make_shared<core::Caller>(core::Caller{"10.0.0.9", ""});
  for (int i = 0; i < 400; ++i) {
    schedule.run_until(schedule.now() +
                       std::chrono::seconds(random.permille(900) ? random.between(0, 5) : random.between(0, 90)));
    const core::Command command = commands.one(node.now().wall_ms);
    reference.pass_time(node.now().monotonic);
    const core::Result expected = reference.carry_out(command, node.now());
    core::Result given = core::Result::ok;
    node.receive(caller, command, [&given](const core::Outcome& outcome) { given = outcome.result; });
    if (given != expected)
      violated(node, "reference",
               describe(command) + " is answered '" + std::string(describe(given)) + "', not '" +
                   std::string(describe(expected)) + "'");
    const std::string differs = difference(node.core(), reference.rows());
    if (!differs.empty()) violated(node, "reference", differs + " after: " + describe(command));
  }
}

}  // namespace

// Goal: the node does what the rules say and nothing else. Method: random commands to it and to a naive second
// implementation, compared after each.
TEST_CASE("a naive reference agrees with the node after every event") {
  for_seeds(100, run);
}

}  // namespace muster::sim
