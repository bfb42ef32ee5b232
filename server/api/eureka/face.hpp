#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "proto/model/limits.hpp"
#include "server/api/doors.hpp"
#include "server/api/eureka/status_page.hpp"
#include "server/api/http.hpp"

namespace muster::api::eureka {

struct Settings {
  model::InstanceLimits instance;
  std::size_t body_bytes_max = 1 << 20;  ///< a request body after inflating
  int depth_max = 32;                    ///< nesting of a JSON or XML body
  bool delta = true;                     ///< false: apps/delta answers 403, as Eureka with disableDelta
  std::string environment = "production";
  std::string own_id;  ///< instance id of this server, if it registers itself: shown as coordinating
};

/// Tells the addresses of the other nodes as they stand. Called on the loop.
using ReplicasNow = std::function<Replicas()>;

/// Eureka's REST dialect under /eureka/ and /eureka/v2/. Runs on the loop of its sessions; one object a loop.
/// Full bodies are encoded and compressed by `background` once they are too big for the loop.
class Face final : public Handler {
 public:
  Face(Registry& registry, Background& background, Settings settings, ReplicasNow replicas);
  ~Face() override;
  void handle(const Request& request, Responder& responder) override;
  void reconfigure(Settings settings);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace muster::api::eureka
