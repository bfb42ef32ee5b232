#include "tests/sim/cluster/oracles/same_everywhere.hpp"

#include <stdexcept>
#include <string>

namespace muster::sim {
namespace {

using Records = std::map<core::Key, core::EntryPtr>;

Records records_of(core::Node& node, bool forgets) {
  Records out;
  const core::StateCut cut = node.snapshot().state;
  for (const core::SegmentPtr& segment : cut.live->segments) {
    for (const core::EntryPtr& entry : segment->entries) {
      auto kept = std::make_shared<core::Entry>(*entry);
      if (forgets) kept->record.tombstone.reset();
      out[{*entry->service, entry->id}] = std::move(kept);
    }
  }
  if (forgets) return out;
  for (const core::EntryPtr& entry : cut.dead) out[{*entry->service, entry->id}] = entry;
  return out;
}

std::string show(const core::Version& version) {
  return std::to_string(version.clock >> 16) + '+' + std::to_string(version.clock & 0xffff) + '@' +
         std::to_string(version.origin.node) + '.' + std::to_string(version.origin.boot);
}

std::string show(const core::Record& record) {
  std::string text = core::is_live(record) ? "live" : "dead";
  if (record.registration) text += " registration " + show(record.registration->version);
  text += " holder " + show(record.holder.version) +
          (record.over ? " over " + show(record.over->cancel.version) + ' ' + show(record.over->eviction.version) : "");
  if (record.override_) text += " override " + show(record.override_->version);
  if (record.tombstone)
    text += " cancelled " + show(record.tombstone->cancelled) + " evicted " + show(record.tombstone->evicted);
  if (record.overlay) text += " overlay of " + std::to_string(record.overlay->size());
  return text;
}

[[noreturn]] void disagree(std::size_t index, const std::string& what) {
  throw std::runtime_error("node " + std::to_string(index) + " and the first one differ: " + what + '\n');
}

}  // namespace

void expect_same_knowledge(Cluster& cluster) {
  const std::size_t first = cluster.members().front();
  for (const std::size_t i : cluster.members()) {
    if (cluster.node(i).known() == cluster.node(first).known()) continue;
    std::string text = "version vectors:";
    for (std::size_t k : {first, i}) {
      text += k == i ? " |" : "";
      for (const auto& [origin, clock] : cluster.node(k).known().clocks()) text += ' ' + show({clock, origin});
    }
    disagree(i, text);
  }
}

void expect_same_records(Cluster& cluster) {
  const Records all = records_of(cluster.node(cluster.members().front()), cluster.forgets());
  for (const std::size_t i : cluster.members()) {
    const Records others = records_of(cluster.node(i), cluster.forgets());
    for (const auto& [key, entry] : all) {
      const auto other = others.find(key);
      const std::string name = key.service + '/' + key.id + ": ";
      if (other == others.end()) disagree(i, name + show(entry->record) + " is missing");
      if (!core::same_writes(entry->record, other->second->record))
        disagree(i, name + show(other->second->record) + " | " + show(entry->record));
    }
    for (const auto& [key, entry] : others)
      if (!all.contains(key)) disagree(i, key.service + '/' + key.id + ": " + show(entry->record) + " is only here");
  }
}

void expect_same_hashes(Cluster& cluster) {
  core::Node& node = cluster.node(cluster.members().front());
  const core::ContentHash hash = node.registry()->hash;
  const auto first = core::in_order(*node.services());
  for (const std::size_t i : cluster.members()) {
    if (!(cluster.node(i).registry()->hash == hash)) disagree(i, "hashes of the registry");
    const auto other = core::in_order(*cluster.node(i).services());
    if (first.size() != other.size()) disagree(i, "the services");
    for (std::size_t k = 0; k < first.size(); ++k)
      if (*first[k].name != *other[k].name || !(first[k].hash == other[k].hash))
        disagree(i, "hash of service " + *first[k].name);
  }
}

void expect_agreement(Cluster& cluster) {
  expect_same_knowledge(cluster);
  expect_same_records(cluster);
  expect_same_hashes(cluster);
}

bool agrees(Cluster& cluster) {
  try {
    expect_agreement(cluster);
    return true;
  } catch (const std::runtime_error&) {
    return false;
  }
}

bool lists(Machine& machine, const core::Key& key) {
  const auto outcome = machine.ask(core::ReadInstance{key});
  return outcome && outcome->state.entry != nullptr;
}

}  // namespace muster::sim
