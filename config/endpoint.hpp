#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace muster::config {

/// HOST:PORT taken apart. The host is an IP address or a name; brackets of an IPv6 address are gone.
struct Endpoint {
  std::string host;
  std::uint16_t port = 0;  ///< 0: the system picks one
};

/// None: not of the form HOST:PORT or [IPV6]:PORT, or the port is above 65535.
std::optional<Endpoint> parse_endpoint(std::string_view text);

}  // namespace muster::config
