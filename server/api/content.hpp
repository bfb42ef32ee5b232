#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "server/api/http.hpp"

// What both faces need of HTTP content: negotiation and compression.
namespace muster::api {

/// Whether the client takes gzip: `gzip`, `x-gzip` or `*` with a q above 0. Absent header: no.
bool accepts_gzip(const Request& request);

/// Quality (0..1000) that an Accept header gives to a media type such as "application/json"; the most specific range
/// counts. An absent or empty header accepts everything with 1000.
int accept_quality(std::string_view accept, std::string_view type);

enum class BodyError : std::uint8_t {
  unsupported_encoding,  ///< a Content-Encoding other than gzip, x-gzip, identity: 415
  broken,                ///< not gzip, or not to its end, although it says so: 400
  too_large,             ///< more than the limit after inflating: 413
};

/// The body of a request, inflated into `storage` when it came as gzip, of one member or several.
std::variant<std::string_view, BodyError> body_of(const Request& request, std::size_t bytes_max, std::string& storage);

/// Compresses a whole body (libdeflate, level 1).
std::string gzip(std::string_view body);

/// `If-None-Match` against one strong tag (with its quotes); weak forms and lists are understood.
bool matches_etag(const Request& request, std::string_view etag);

}  // namespace muster::api
