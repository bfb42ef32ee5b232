#include "tests/sim/oracles/bounds.hpp"

#include "tests/sim/sim_node.hpp"

namespace muster::sim {

void Bounds::after(SimNode& node, const Step&) {
  const core::Gauges gauges = node.core().gauges();
  const core::CoreLimits& limits = node.settings().limits;
  const auto check = [&](std::string_view what, std::size_t size, std::size_t limit) {
    if (size > limit)
      violated(node, "bounds",
               std::string(what) + ": " + std::to_string(size) + " of at most " + std::to_string(limit));
  };
  check("instances", gauges.instances, limits.instances);
  check("services", gauges.services, limits.services);
  check("tombstones", gauges.tombstones, limits.tombstones);
  check("dormant overrides", gauges.dormant_overrides, limits.dormant_overrides);
  check("changes", gauges.changes, limits.changes);
}

}  // namespace muster::sim
