#pragma once

#include <cstdint>
#include <string>

#include "config/load.hpp"
#include "proto/model/version.hpp"
#include "server/core/time.hpp"

namespace muster::app {

/// What GET /v1/node tells beside the configuration.
struct NodeFacts {
  model::Origin origin;
  std::string state;       ///< "READY", "DRAINING", "STARTING"
  bool clustered = false;  ///< it has peers
  core::WallMs started_ms = 0;
  std::string address;
  std::uint16_t port = 0;
};

/// The document of GET /v1/node: who this node is, and every key with its value, where that came from, and whether a
/// reload can change it. Holds nothing that changes by itself, such as an uptime: its tag spares readers the body.
std::string node_document(const NodeFacts& facts, const config::Loaded& configuration);

}  // namespace muster::app
