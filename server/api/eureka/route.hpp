#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "server/api/http.hpp"
#include "server/api/uri.hpp"

namespace muster::api::eureka {

enum class Resource : std::uint8_t {
  none,
  apps,
  delta,
  app,
  instance,
  instance_status,
  instance_metadata,
  by_id,
  vip,
  svip,
  server_status,
  asg_status,
};

/// What a path under /eureka/ or /eureka/v2/ names. Views point into the target.
struct Route {
  Resource resource = Resource::none;
  std::string_view app;   ///< as sent, any case
  std::string_view name;  ///< instance id, VIP address or group
};

Route find_route(const Target& target);

/// Whether the resource takes the method; HEAD goes where GET does. OPTIONS is taken everywhere.
bool allows(Resource resource, Method method);

/// The Allow header: as the real server has it, with HEAD in the answer to OPTIONS and without it beside 405.
std::string_view allow_header(Resource resource, bool with_head);

}  // namespace muster::api::eureka
