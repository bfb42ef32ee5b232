#include "tests/sim/oracles/content_hash.hpp"

#include <vector>

#include "tests/sim/sim_node.hpp"
#include "tests/sim/snapshot.hpp"

namespace muster::sim {
namespace {

/// Writes what an entry shows to another node.
class Copier {
 public:
  Copier(core::Node& to, core::Monotonic now) : to_(to), now_(now) {}

  void copy(const core::Entry& entry) {
    const core::Key key = key_of(entry);
    const core::Registration& registration = *entry.record.registration;
    core::Register command;
    command.key = key;
    command.payload = std::make_shared<const std::string>(*registration.payload);
    command.reported = registration.reported;
    command.lease = {registration.lease.interval_s, registration.lease.duration_s};
    if (registration.lease.duration_s < 2 * registration.lease.interval_s) command.lease.interval_s.reset();
    command.incarnation = registration.incarnation;
    send(std::move(command), SimClock::epoch_ms, {});
    if (entry.record.overlay != nullptr) copy_overlay(key, *entry.record.overlay);
    if (entry.record.override_ != nullptr && entry.record.override_->value) copy_override(key, *entry.record.override_);
  }

 private:
  void copy_overlay(const core::Key& key, const core::Overlay& overlay) {
    core::PatchMetadata command;
    command.key = key;
    for (const auto& [name, entry] : overlay) command.changes[name] = entry.value;
    send(std::move(command), SimClock::epoch_ms, {});
  }

  void copy_override(const core::Key& key, const core::Override& from) {
    core::SetOverride command;
    command.key = key;
    command.value = *from.value;
    command.reason = from.reason;
    command.by = from.by;
    command.face = from.ends_with_cancel ? core::Face::eureka : core::Face::native;
    core::WallMs wall_ms = SimClock::epoch_ms;
    if (from.until_ms != 0) {  // `until` is part of the content: choose the clock so that it comes out the same
      command.ttl = 1h;
      wall_ms = from.until_ms - std::chrono::milliseconds(1h).count();
    }
    send(std::move(command), wall_ms, from.by);
  }

  void send(core::Command command, core::WallMs wall_ms, const std::string& by) {
    auto caller = std::make_shared<core::Caller>(core::Caller{"127.0.0.1", by});
    to_.handle(core::Request{++id_, std::move(caller), std::move(command)}, core::Now{now_, wall_ms});
  }

  core::Node& to_;
  core::Monotonic now_;
  core::RequestId id_ = 0;
};

}  // namespace

void ContentHashes::poll(SimNode& node, const Poll& poll) {
  if (!random_.permille(15)) return;
  std::vector<core::EntryPtr> entries;
  for (const auto& [key, seen] : poll.snapshot) entries.push_back(seen.entry);
  random_.shuffle(entries);
  core::Settings settings = node.settings();
  settings.origin = {99, 3};
  core::Node fresh(settings, poll.now, random_.next());
  Copier copier(fresh, poll.now.monotonic);
  for (const core::EntryPtr& entry : entries) copier.copy(*entry);
  if (fresh.registry()->hash == node.core().registry()->hash) return;
  const core::ServicesViewPtr all = node.core().services();
  for (const core::ServiceSummary& service : core::in_order(*all)) {
    const core::ServiceViewPtr rebuilt = fresh.service(*service.name);
    if (rebuilt == nullptr || !(rebuilt->hash == service.hash))
      violated(node, "content hash", "service " + *service.name + " has another hash on a fresh node");
  }
  violated(node, "content hash", "the registry has another hash on a fresh node");
}

}  // namespace muster::sim
