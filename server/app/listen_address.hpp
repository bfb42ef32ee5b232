#pragma once

#include <cstdint>
#include <string>
#include <variant>

namespace muster::app {

/// Where to listen, as an IP address.
struct ListenAddress {
  std::string address;
  std::uint16_t port = 0;
  bool loopback = false;
};

/// Resolves the key `listen`. The second alternative says what is wrong. May ask the resolver of the system, so it is
/// for start-up only.
std::variant<ListenAddress, std::string> resolve_listen(const std::string& listen);

}  // namespace muster::app
