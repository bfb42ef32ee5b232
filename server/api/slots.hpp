#pragma once

#include <cstddef>

#include "server/core/view.hpp"

// Who keeps what in the bodies that are attached to views (core::Bodies has a fixed number of slots).
namespace muster::api {

/// core::Segment::bodies: all slots belong to the Eureka face, one for each form (format, shape, compressed or not).
inline constexpr std::size_t segment_forms = 8;

/// core::ServiceView::bodies: the Eureka face has the first six (documents of one application: the four plain forms,
/// then the two full forms compressed), the native face the last two.
inline constexpr std::size_t service_eureka_slots = 6;
inline constexpr std::size_t service_v1_plain = 6;
inline constexpr std::size_t service_v1_gzip = 7;

static_assert(segment_forms <= core::Bodies::slots && service_v1_gzip < core::Bodies::slots);

}  // namespace muster::api
