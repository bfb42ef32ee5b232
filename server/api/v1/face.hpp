#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "proto/model/limits.hpp"
#include "server/api/doors.hpp"
#include "server/api/http.hpp"
#include "server/api/v1/documents.hpp"

namespace muster::api::v1 {

struct Settings {
  model::InstanceLimits instance;
  std::size_t body_bytes_max = 1 << 20;  ///< a request body after inflating
  int depth_max = 32;
  std::size_t renew_batch_max = 10'000;  ///< items of POST /v1/renew
  std::size_t reason_bytes_max = 1024;   ///< reason of a drain
};

/// The native API under /v1/. Runs on the loop of its sessions; one object a loop.
class Face final : public Handler {
 public:
  Face(Registry& registry, Background& background, Settings settings, Documents documents);
  ~Face() override;
  void handle(const Request& request, Responder& responder) override;
  void reconfigure(Settings settings);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace muster::api::v1
