#pragma once

#include <string_view>

#include "server/api/http.hpp"

namespace muster::net {

/// `HTTP/1.1 200 OK\r\n`. A status that nobody has named goes without a reason, one outside of 200-599 becomes 500: a
/// handler's slip must not break the framing of the connection.
std::string_view status_line(unsigned status);

/// The reason phrase; empty for a status that nobody has named.
std::string_view reason(unsigned status);

/// The answer of a session itself, which always closes. Under /eureka, and where the target is not known, without a
/// body: clients of that dialect try to decode any body that they get. Elsewhere a problem document.
api::Response refusal(unsigned status, std::string_view detail, std::string_view target);

}  // namespace muster::net
