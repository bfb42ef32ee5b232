#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "proto/model/version.hpp"

// How the links of the cluster stand, as values for documents and logs.
namespace muster::net {

enum class PeerState : std::uint8_t {
  connecting,   ///< being dialed for the first time, or since its link was lost
  connected,    ///< its node has a link, whoever dialed
  refused,      ///< somebody answers there, but one of both sides refused
  ourselves,    ///< it is this node
  unavailable,  ///< the last attempt to reach it failed: the only thing that says so
  unresolved,   ///< the name has no address, as yet
  invalid,      ///< the text is no address of a node
};

/// "connecting", "connected", …
const char* to_string(PeerState state);

struct PeerEndpointStatus {
  std::string endpoint;  ///< "10.0.0.2:8761"
  PeerState state = PeerState::connecting;
  std::string reason;                 ///< of the last failure; empty when there was none since it was connected
  std::optional<model::Origin> node;  ///< who answered there last
};

/// One entry of the list, in the order of the list.
struct PeerAddressStatus {
  std::string address;                      ///< as it was configured
  PeerState state = PeerState::connecting;  ///< that of the endpoint that stands best
  std::string reason;
  std::vector<PeerEndpointStatus> endpoints;  ///< all addresses that the name has
};

/// Counted since the link came up, framing included.
struct LinkCounts {
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;  ///< taken by the socket
  std::uint64_t messages_in = 0;
  std::uint64_t messages_out = 0;
};

struct PeerLinkStatus {
  model::Origin origin;
  bool dialed = false;  ///< by this node
  std::string remote;   ///< IP address, with the port where this node dialed
  std::string address;  ///< under which the other says that it serves
  std::string version;
  std::vector<std::string> capabilities;
  std::chrono::milliseconds up{0};         ///< for how long
  std::chrono::milliseconds heard_ago{0};  ///< since the last byte came, to a tick of the clock
  std::size_t queue_bytes = 0;
  LinkCounts counts;
};

struct PeersStatus {
  std::vector<PeerAddressStatus> addresses;
  std::vector<PeerLinkStatus> links;  ///< in the order of node ids
};

}  // namespace muster::net
