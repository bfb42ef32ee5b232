#include "tests/sim/cluster/oracles/delta_reader.hpp"

#include <stdexcept>

namespace muster::sim {
namespace {

[[noreturn]] void violated(const core::Key& key, const char* what) {
  throw std::runtime_error("a reader of deltas " + std::string(what) + ' ' + key.service + '/' + key.id + '\n');
}

core::Key key_of(const core::Entry& entry) {
  return {*entry.service, entry.id};
}

}  // namespace

void DeltaReader::poll(Machine& machine) {
  if (!machine.ready()) return;
  core::Node& node = machine.node();
  const core::Monotonic now = machine.now().monotonic;
  if (!has_copy_ || now - fetched_ > machine.settings().change_retention - 1s) fetch_all(node);
  const core::DeltaViewPtr delta = node.delta();
  apply(*delta);
  if (counts() != delta->registry->counts) fetch_all(node);
  fetched_ = now;
  ++polls_;
  Copy all;
  for (const core::SegmentPtr& segment : node.registry()->segments)
    for (const core::EntryPtr& entry : segment->entries) all[key_of(*entry)] = entry;
  for (const auto& [key, entry] : copy_) {
    const auto found = all.find(key);
    if (found == all.end()) violated(key, "believes in");
    if (!core::same_content(entry->record, found->second->record)) violated(key, "has an old copy of");
  }
  for (const auto& [key, entry] : all)
    if (!copy_.contains(key)) violated(key, "lacks");
}

void DeltaReader::fetch_all(core::Node& node) {
  copy_.clear();
  for (const core::SegmentPtr& segment : node.registry()->segments)
    for (const core::EntryPtr& entry : segment->entries) copy_[key_of(*entry)] = entry;
  has_copy_ = true;
}

void DeltaReader::apply(const core::DeltaView& delta) {
  for (const core::EntryPtr& entry : delta.entries) {
    if (entry->action == core::Action::deleted)
      copy_.erase(key_of(*entry));
    else
      copy_[key_of(*entry)] = entry;
  }
}

core::StatusCounts DeltaReader::counts() const {
  core::StatusCounts out{};
  for (const auto& [key, entry] : copy_) ++out[static_cast<std::size_t>(entry->visible)];
  return out;
}

std::set<std::string> DeltaReader::ids() const {
  std::set<std::string> out;
  for (const auto& [key, entry] : copy_) out.insert(key.id);
  return out;
}

}  // namespace muster::sim
