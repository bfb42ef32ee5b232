#include "tests/sim/oracles/counts.hpp"

#include "tests/sim/sim_node.hpp"
#include "tests/sim/snapshot.hpp"

namespace muster::sim {
namespace {

constexpr std::string_view name = "counts";

}  // namespace

void Counts::poll(SimNode& node, const Poll& poll) {
  if (!poll.changed) return;
  const core::ServicesViewPtr services = node.core().services();
  if (services->registry != node.core().registry()) violated(node, name, "the list of services is of another moment");
  check_segments(node, *services->registry);
  check_services(node, *services, poll.snapshot);
  check_gauges(node, *services, poll.snapshot);
}

void Counts::check_segments(SimNode& node, const core::RegistryView& registry) {
  std::size_t size = 0;
  core::StatusCounts counts{};
  core::Key last;
  for (const core::SegmentPtr& segment : registry.segments) {
    if (segment->entries.empty()) violated(node, name, "a segment is empty");
    if (segment->entries.size() > core::Segment::instances_max) violated(node, name, "a segment is too long");
    for (const core::EntryPtr& entry : segment->entries) {
      const core::Key key = key_of(*entry);
      if (size != 0 && key <= last) violated(node, name, to_string(key) + " is out of order");
      last = key;
      ++size;
      ++counts[static_cast<std::size_t>(entry->visible)];
    }
  }
  if (size != registry.size) violated(node, name, "the registry's size is not that of its segments");
  if (counts != registry.counts) violated(node, name, "the registry's counts by status are not those of its instances");
}

void Counts::check_services(SimNode& node, const core::ServicesView& services, const Snapshot& all) {
  auto expected = all.begin();
  core::ContentHash hash;
  for (const core::ServiceSummary& summary : core::in_order(services)) {
    const core::ServiceViewPtr view = node.core().service(*summary.name);
    if (view == nullptr) violated(node, name, "service " + *summary.name + " is in the registry and has no view");
    std::size_t size = 0;
    core::StatusCounts counts{};
    view->for_each([&](const core::EntryPtr& entry) {
      if (expected == all.end() || expected->second.entry != entry)
        violated(node, name, "service " + *summary.name + " shows other entries than the registry");
      ++expected;
      ++size;
      ++counts[static_cast<std::size_t>(entry->visible)];
    });
    if (size == 0 || size != view->size || size != summary.size || counts != view->counts || counts != summary.counts)
      violated(node, name, "service " + *summary.name + " is counted wrongly");
    if (!(view->hash == summary.hash) || view->revision != summary.revision)
      violated(node, name, "service " + *summary.name + " has another hash or revision in the registry");
    hash += view->hash;
  }
  if (expected != all.end()) violated(node, name, "an instance is in the registry and in no service");
  if (!(hash == services.registry->hash)) violated(node, name, "the registry's hash is not the sum of its services'");
}

void Counts::check_gauges(SimNode& node, const core::ServicesView& services, const Snapshot& all) {
  const core::Gauges gauges = node.core().gauges();
  std::size_t late = 0, held = 0;
  for (const auto& [key, seen] : all) {
    late += seen.lease == core::LeaseState::late ? 1 : 0;
    held += seen.lease == core::LeaseState::held ? 1 : 0;
  }
  const auto check = [&](std::string_view gauge, std::size_t value, std::size_t recount) {
    if (value != recount)
      violated(
          node, name,
          "gauge " + std::string(gauge) + " says " + std::to_string(value) + ", a recount " + std::to_string(recount));
  };
  check("instances", gauges.instances, services.registry->size);
  check("services", gauges.services, core::in_order(services).size());
  check("late", gauges.late, late);
  check("held", gauges.held, held);
  check("dormant_overrides", gauges.dormant_overrides, node.core().dormant_overrides().size());
}

}  // namespace muster::sim
