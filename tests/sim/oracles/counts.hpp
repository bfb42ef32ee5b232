#pragma once

#include "tests/sim/oracle.hpp"

namespace muster::sim {

/// Sizes, counts by status and gauges equal a recount of what is listed; views hold together: segments are in order,
/// within their size and complete, slices of services show the same instances.
class Counts : public Oracle {
 public:
  void poll(SimNode& node, const Poll& poll) override;

 private:
  void check_services(SimNode& node, const core::ServicesView& services, const Snapshot& all);
  void check_segments(SimNode& node, const core::RegistryView& registry);
  void check_gauges(SimNode& node, const core::ServicesView& services, const Snapshot& all);
};

}  // namespace muster::sim
