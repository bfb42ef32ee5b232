#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "server/api/eureka/document.hpp"
#include "server/core/view.hpp"

// The documents of the dialect, made from views. Any thread: views are immutable, and what is cached in them is
// guarded.
namespace muster::api::eureka {

/// Everything. The hash code comes from the same view as the instances.
DocumentPtr encode_registry(const core::RegistryView& view, Form form, std::string_view own_id, std::string tag);

/// What changed lately. The hash code is that of the whole registry in the same state.
DocumentPtr encode_delta(const core::DeltaView& view, Form form, std::string_view own_id, std::string tag);

/// One application.
DocumentPtr encode_service(const core::ServiceView& view, Form form, std::string_view own_id, std::string tag);

/// Instances picked out by something else, with the hash code of just these.
DocumentPtr encode_picked(const core::ListView& entries, Form form, std::string_view own_id);

// Work that the calls above would do, counted until `enough` is reached: nobody needs to know by how much it is too
// much.
std::size_t work_for(const core::RegistryView& view, Form form, std::size_t exact_up_to);
std::size_t work_for(const core::ServiceView& view, Form form, std::size_t exact_up_to);
std::size_t work_for(std::span<const core::EntryPtr> entries, std::size_t exact_up_to);
/// All instances of these, whatever is encoded already: at least the work of what is picked out of them.
std::size_t work_for(const std::vector<core::ServiceViewPtr>& services, std::size_t exact_up_to);

/// `versions__delta` of a delta: moves with every change, is never -1, which would forbid deltas, and never 0.
std::string delta_version(const core::RegistryView& view);

}  // namespace muster::api::eureka
