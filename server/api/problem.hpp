#pragma once

#include <string>
#include <string_view>

#include "server/api/http.hpp"

namespace muster::api {

/// Why a request was not carried out, as RFC 9457 has it. `detail` says what to do next.
struct Problem {
  unsigned status = 400;
  std::string_view type;   ///< of static lifetime; "urn:muster:problem:" goes before it
  std::string_view title;  ///< of static lifetime
  std::string detail;
  std::string field;    ///< what is at fault, as a path ("lease.interval_s"); empty when no single field is
  std::string_view in;  ///< where the field stands: "body", "query", "path"; of static lifetime
  std::string limit;    ///< configuration key of the limit that was reached
};

/// `application/problem+json`.
Response problem_response(const Problem& problem);

/// 404 of a path that leads nowhere.
Response no_such_path(std::string_view path);

/// 405 with the header that says what is allowed.
Response method_not_allowed(std::string_view method_name, std::string_view allowed);

}  // namespace muster::api
