#pragma once

#include "server/core/command.hpp"
#include "server/core/settings.hpp"

namespace muster::core {

struct GrantedLease {
  model::LeaseTerms terms;
  bool raised = false;  ///< the duration asked for was shorter than two intervals
};

/// The lease that a registration gets. Both numbers given: as asked for, but at least two intervals long, since
/// Eureka's users live by its doubled leases without knowing it. Duration alone: a third of it is the interval.
/// Interval alone: natively three of them; on the Eureka face its default duration, or two intervals if that is more.
/// At least 1 s each.
GrantedLease grant(const model::LeaseRequest& asked, Face face, const LeaseSettings& settings);

}  // namespace muster::core
