#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace muster::net {

/// Where a node of the cluster listens, as an operator wrote it.
struct PeerAddress {
  std::string host;  ///< a name or an IP address, without brackets
  std::uint16_t port = 8761;

  bool operator==(const PeerAddress&) const = default;
};

/// Takes `http://host:port`, with a path or without, `host:port` and `host`; IPv6 in brackets, or bare without a port.
/// Otherwise the sentence that says what is wrong.
std::variant<PeerAddress, std::string> parse_peer_address(std::string_view text);

}  // namespace muster::net
