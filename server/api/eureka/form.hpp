#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "proto/eureka/write.hpp"
#include "server/api/slots.hpp"

namespace muster::api::eureka {

using muster::eureka::Format;
using muster::eureka::Shape;

/// One way to write a document.
struct Form {
  Format format = Format::xml;
  Shape shape = Shape::full;
  bool gzip = false;

  /// 0 to segment_forms - 1; the plain form of a pair comes first.
  constexpr std::size_t index() const {
    return (format == Format::xml ? 4u : 0u) + (shape == Shape::compact ? 2u : 0u) + (gzip ? 1u : 0u);
  }
  constexpr Form plain() const { return {format, shape, false}; }
};
static_assert(Form{Format::xml, Shape::compact, true}.index() == segment_forms - 1);

constexpr std::string_view media_type(Format format) {
  return format == Format::json ? "application/json" : "application/xml";
}

/// A body smaller than this fits a packet or two: compressing it gains nothing.
inline constexpr std::size_t gzip_pays_from = 2048;

}  // namespace muster::api::eureka
