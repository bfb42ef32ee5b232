#pragma once

#include <functional>
#include <memory>
#include <string>

#include "server/api/http.hpp"

namespace muster::api::ops {

/// What `server/app` tells the operators' face. Called on the loop of the session.
struct Sources {
  std::function<bool()> ready;  ///< /readyz; false while starting and while draining
  std::function<std::string()> not_ready_reason;
  /// Hands over Prometheus text, version 0.0.4, before or after the call returns.
  std::function<void(std::function<void(std::string)> done)> metrics;
};

/// /healthz, /readyz, /metrics, /openapi.json and a plain page at / that says where everything is. 404 elsewhere.
class Face final : public Handler {
 public:
  explicit Face(Sources sources);
  void handle(const Request& request, Responder& responder) override;

 private:
  Sources sources_;
};

}  // namespace muster::api::ops
