#include "server/api/router.hpp"

#include <algorithm>

#include "server/api/uri.hpp"

namespace muster::api {

Router::Router(Handler& eureka, Handler& v1, Handler& ops) : eureka_(eureka), v1_(v1), ops_(ops) {}

void Router::handle(const Request& request, Responder& responder) {
  std::string_view path = origin_form(request.target);
  path.remove_prefix(std::min(path.find_first_not_of('/'), path.size()));
  const std::string_view first = path.substr(0, path.find_first_of("/?;"));
  if (first == "eureka") return eureka_.handle(request, responder);
  if (first == "v1") return v1_.handle(request, responder);
  ops_.handle(request, responder);
}

}  // namespace muster::api
