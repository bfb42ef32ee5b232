#include "tests/sim/cluster/chronicle.hpp"

#include <algorithm>

namespace muster::sim {
namespace {

/// A link that has stood for so long is not just being brought up to date.
constexpr Time settled = 5s;

}  // namespace

void Chronicle::asked(const core::Command& command) {
  // It may be carried out although no answer comes.
  if (const auto* cancels = std::get_if<core::Cancel>(&command)) contacts_.erase(cancels->key);
}

void Chronicle::answered(std::size_t machine, const core::Command& command, const core::Outcome& outcome) {
  Machine& by = cluster_.machine(machine);
  const core::Result result = outcome.result;
  const bool taken = result == core::Result::ok || result == core::Result::created;
  const std::uint64_t clock = by.node().known().at(by.origin());
  if (const auto* registers = std::get_if<core::Register>(&command)) {
    if (taken) {
      const auto& registration = *outcome.state.entry->record.registration;
      writes_.push_back({registers->key, registration.version.origin, registration.version.clock, false,
                         registration.incarnation, false});
    }
    if (taken || result == core::Result::unchanged)
      contacts_[registers->key] = {machine, by.origin(), cluster_.now()};
    else
      contacts_.erase(registers->key);
  } else if (const auto* renews = std::get_if<core::Renew>(&command)) {
    if (result == core::Result::unchanged)
      contacts_[renews->key] = {machine, by.origin(), cluster_.now()};
    else
      contacts_.erase(renews->key);
  } else if (const auto* cancels = std::get_if<core::Cancel>(&command)) {
    contacts_.erase(cancels->key);
    if (taken)
      writes_.push_back(
          {cancels->key, by.origin(), clock, true, outcome.state.entry->record.registration->incarnation, false});
  }
}

bool Chronicle::knows(std::size_t machine, const Write& write) const {
  Machine& at = cluster_.machine(machine);
  return at.alive() && at.node().known().at(write.origin) >= write.clock;
}

/// What this machine's sockets have taken reaches another one.
bool Chronicle::arrives(std::size_t from) const {
  if (cluster_.wire().loss_permille > 0) return false;
  for (const std::size_t to : cluster_.members()) {
    if (to == from || !cluster_.reaches(from, to)) continue;
    const auto since = cluster_.sound_since(from, to);
    if (since && cluster_.now() - *since >= settled) return true;
  }
  return false;
}

void Chronicle::dies(std::size_t machine, bool power) {
  ++deaths_;
  const bool told = !power && arrives(machine);
  for (Write& write : writes_) {
    if (write.excused) continue;
    const auto members = cluster_.members();
    const bool known =
        std::any_of(members.begin(), members.end(), [&](std::size_t i) { return i != machine && knows(i, write); });
    write.excused = !known && !(told && knows(machine, write));
  }
}

std::size_t Chronicle::excused() const {
  return static_cast<std::size_t>(
      std::count_if(writes_.begin(), writes_.end(), [](const Write& write) { return write.excused; }));
}

}  // namespace muster::sim
