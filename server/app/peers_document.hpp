#pragma once

#include <string>
#include <vector>

#include "proto/model/version.hpp"
#include "server/core/node.hpp"
#include "server/net/peers/status.hpp"

namespace muster::app {

/// What GET /v1/peers and /v1/diff are made of.
struct ClusterFacts {
  model::Origin self;
  std::string cluster;
  core::NodeState state = core::NodeState::ready;
  std::uint64_t content = 0;  ///< root of this node's digest tree
  std::size_t expected = 0;
  bool isolated = false;  ///< it hears less than half of the others
  std::vector<core::PeerView> peers;
  net::PeersStatus links;
};

/// The addresses of the list and what came of them, the other nodes and their links, and whether each has the same
/// registry. `nodes` lists URLs that a client may use, this node's own name apart.
std::string peers_document(const ClusterFacts& facts);

/// Of each peer whether it was equal at its last beacon, and what the last comparison found.
std::string diff_document(const ClusterFacts& facts);

}  // namespace muster::app
