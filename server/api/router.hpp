#pragma once

#include "server/api/http.hpp"

namespace muster::api {

/// Sends a request to its face by the first path segment: `eureka` (leading double slashes are tolerated), `v1`, and
/// everything else to the operators' face. The faces outlive the router.
class Router final : public Handler {
 public:
  Router(Handler& eureka, Handler& v1, Handler& ops);
  void handle(const Request& request, Responder& responder) override;

 private:
  Handler& eureka_;
  Handler& v1_;
  Handler& ops_;
};

}  // namespace muster::api
