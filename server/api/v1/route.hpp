#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace muster::api::v1 {

/// What a path names.
enum class Resource : std::uint8_t {
  none,
  later,              ///< comes with watching
  services,           ///< /v1/services
  service,            ///< /v1/services/{service}
  instances,          ///< /v1/services/{service}/instances
  instance,           ///< /v1/services/{service}/instances/{id}
  renew,              ///< …/renew
  status,             ///< …/status
  drain,              ///< …/drain
  metadata,           ///< …/metadata
  renew_many,         ///< /v1/renew
  self_preservation,  ///< /v1/self-preservation
  hold,               ///< /v1/self-preservation/{kind}[/{name}]
  overrides,          ///< /v1/overrides
  node,               ///< /v1/node
  peers,              ///< /v1/peers
  diff,               ///< /v1/diff
  events,             ///< /v1/events
};

struct Route {
  Resource resource = Resource::none;
  std::string service;  ///< as sent; or a hold's kind
  std::string id;       ///< or a hold's name
};

/// Takes the names out of the segments.
Route match(std::vector<std::string>& segments);

/// The methods that a resource has, for the Allow header.
std::string_view allowed(Resource resource);

}  // namespace muster::api::v1
