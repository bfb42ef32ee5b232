#pragma once

#include "server/core/view.hpp"

namespace muster::core {

/// The share of one live instance in the content hash of its service: key, incarnation, payload, overlay, visible
/// status and override. Lease state, holder, versions and this node's times stay out, so nodes with equal content
/// agree. XXH3 (128 bits) with a fixed seed; not proof against somebody who searches for collisions.
ContentHash hash_of(const Entry& entry);

}  // namespace muster::core
