#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "server/api/http.hpp"
#include "server/api/v1/route.hpp"
#include "server/api/v1/target.hpp"
#include "server/core/command.hpp"

namespace muster::api::v1 {

/// One request on its way to its answer. Shared by the callbacks that it waits for; what it views lives until the
/// answer has been given.
struct Exchange {
  Request request;
  Responder* responder = nullptr;
  Resource resource = Resource::none;
  core::Key key;  ///< service in its canonical form
  Query query;

  void respond(Response response) const { responder->respond(std::move(response)); }
};
using ExchangePtr = std::shared_ptr<const Exchange>;

}  // namespace muster::api::v1
