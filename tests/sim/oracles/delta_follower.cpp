#include "tests/sim/oracles/delta_follower.hpp"

#include <set>

#include "tests/sim/sim_node.hpp"

namespace muster::sim {
namespace {

constexpr std::string_view name = "delta follower";

}  // namespace

void DeltaFollower::poll(SimNode& node, const Poll& poll) {
  const core::Monotonic now = poll.now.monotonic;
  if (now < next_) return;
  next_ = now + core::Monotonic{random_.between(0, core::Monotonic(60s).count())};
  const core::Gauges gauges = node.core().gauges();
  const bool too_old = now - fetched_ > node.settings().change_retention - 1s;
  const bool overflowed = gauges.changes >= node.settings().limits.changes;
  if (!has_copy_ || too_old || overflowed || random_.permille(20)) fetch_all(poll.snapshot);
  const core::DeltaViewPtr delta = node.core().delta();
  apply(node, *delta);
  compare(node, *delta, poll.snapshot);
  fetched_ = now;
}

void DeltaFollower::fetch_all(const Snapshot& all) {
  copy_.clear();
  for (const auto& [key, seen] : all) copy_[key] = seen.entry;
  has_copy_ = true;
}

void DeltaFollower::apply(SimNode& node, const core::DeltaView& delta) {
  std::set<core::Key> met;
  for (const core::EntryPtr& entry : delta.entries) {
    const core::Key key = key_of(*entry);
    if (!met.insert(key).second) violated(node, name, to_string(key) + " stands in one delta twice");
    if (entry->action == core::Action::deleted)
      copy_.erase(key);
    else
      copy_[key] = entry;
  }
}

void DeltaFollower::compare(SimNode& node, const core::DeltaView& delta, const Snapshot& all) const {
  core::StatusCounts counts{};
  for (const auto& [key, entry] : copy_) {
    const auto found = all.find(key);
    if (found == all.end()) violated(node, name, "the copy has " + to_string(key) + ", which left");
    if (!same_content(*entry, *found->second.entry)) violated(node, name, "the copy of " + to_string(key) + " is old");
    ++counts[static_cast<std::size_t>(entry->visible)];
  }
  for (const auto& [key, seen] : all)
    if (!copy_.contains(key)) violated(node, name, "the copy lacks " + to_string(key));
  if (counts != delta.registry->counts) violated(node, name, "the counts with the delta are not those of the copy");
  if (!(delta.registry->hash == node.core().registry()->hash))
    violated(node, name, "a delta was taken from another state than the registry's view");
}

}  // namespace muster::sim
