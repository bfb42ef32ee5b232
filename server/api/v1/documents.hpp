#pragma once

#include <functional>
#include <string>

#include "server/api/v1/event_query.hpp"

namespace muster::api::v1 {

/// Documents that only `server/app` can write. Called on the loop.
struct Documents {
  std::function<std::string()> node;   ///< GET /v1/node: identity, start, effective configuration
  std::function<std::string()> peers;  ///< GET /v1/peers: the other nodes, their links, whether they are equal
  std::function<std::string()> diff;   ///< GET /v1/diff: what differs from each of them
  EventsJson events;
};

}  // namespace muster::api::v1
