#pragma once

#include <memory>
#include <string>

#include "server/api/v1/parameters.hpp"
#include "server/core/view.hpp"

// Lists as documents. Everything here may run on any thread: views are immutable.
namespace muster::api::v1 {

/// Lists longer than this are encoded away from the loop: about a millisecond's work.
inline constexpr std::size_t loop_instances_max = 500;

/// Over content and marks, so it is the same on every node that shows the same (with its quotes).
std::string etag_of(const core::ServiceView& view);

/// The instances that pass the filter.
std::string encode(const core::ServiceView& view, const Filter& filter);

/// The whole list, encoded (and compressed) once for all who read this view.
std::shared_ptr<const std::string> shared_list(const core::ServiceView& view, bool compressed);

/// The same if somebody has encoded it already; else null.
std::shared_ptr<const std::string> find_shared_list(const core::ServiceView& view, bool compressed);

/// Every service with its counts.
std::string encode(const core::ServicesView& view);
std::string encode(const std::vector<core::DormantOverride>& overrides);

}  // namespace muster::api::v1
