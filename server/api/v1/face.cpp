#include "server/api/v1/face.hpp"

#include <utility>
#include <variant>

#include "proto/model/ascii.hpp"
#include "server/api/problem.hpp"
#include "server/api/v1/exchange.hpp"
#include "server/api/v1/problems.hpp"
#include "server/api/v1/reads.hpp"
#include "server/api/v1/writes.hpp"

namespace muster::api::v1 {
namespace {

bool is_read(Method method) {
  return method == Method::get || method == Method::head;
}

bool is_allowed(Method method, std::string_view name, std::string_view list) {
  if (method == Method::other) return false;  // "UT" is part of "PUT"
  return !name.empty() && list.find(name) != std::string_view::npos;
}

/// A browser says which page a request comes from. Until there is authentication, the network is all that keeps
/// strangers out, and a page must not lead a browser inside of it to write here.
bool is_foreign(const Request& request) {
  const std::string_view origin = request.header("Origin");
  if (origin.empty()) return false;
  const auto mark = origin.find("://");
  if (mark == std::string_view::npos) return true;
  return !model::equal_ignoring_case(origin.substr(mark + 3), request.header("Host"));
}

bool has_instance(Resource resource) {
  return resource == Resource::instance || resource == Resource::renew || resource == Resource::status ||
         resource == Resource::drain || resource == Resource::metadata;
}

bool has_service(Resource resource) {
  return has_instance(resource) || resource == Resource::service || resource == Resource::instances;
}

/// What would be incomplete before the state of the other nodes is here.
bool lists(Resource resource) {
  return resource == Resource::services || resource == Resource::service || resource == Resource::instance;
}

}  // namespace

class Face::Impl {
 public:
  Impl(Registry& registry, Background& background, Settings settings, Documents documents)
      : registry_(registry),
        settings_(std::move(settings)),
        reads_(registry, background, std::move(documents)),
        writes_(registry, settings_) {}

  void handle(const Request& request, Responder& responder);
  void reconfigure(Settings settings) { settings_ = std::move(settings); }

 private:
  std::optional<Problem> check_names(const Route& route) const;
  void dispatch(const ExchangePtr& exchange);

  Registry& registry_;
  Settings settings_;
  Reads reads_;
  Writes writes_;  ///< refers to settings_
};

void Face::Impl::handle(const Request& request, Responder& responder) {
  auto split = split_target(request.target);
  if (const auto* problem = std::get_if<Problem>(&split)) return responder.respond(problem_response(*problem));
  Target& target = std::get<Target>(split);
  Route route = match(target.segments);
  if (route.resource == Resource::none) return responder.respond(no_such_path(request.path()));
  if (route.resource == Resource::later) return responder.respond(problem_response(later_problem()));
  const std::string_view methods = allowed(route.resource);
  if (!is_allowed(request.method, request.method_name, methods))
    return responder.respond(method_not_allowed(request.method_name, methods));
  if (request.method == Method::options) {
    Response response;
    response.status = 204;
    response.add_header("Allow", methods);
    return responder.respond(std::move(response));
  }
  if (!is_read(request.method) && is_foreign(request))
    return responder.respond(problem_response(origin_problem(request.header("Origin"))));
  if (const auto problem = check_names(route)) return responder.respond(problem_response(*problem));
  if (has_service(route.resource)) route.service = model::to_lower(route.service);
  core::Key key{std::move(route.service), std::move(route.id)};
  if (route.resource == Resource::renew) {
    std::optional<model::Incarnation> life;
    if (const auto problem = read_life(target.query, life)) return responder.respond(problem_response(*problem));
    return writes_.renew(request, std::move(key), life, responder);
  }
  Exchange exchange{request, &responder, route.resource, std::move(key), std::move(target.query)};
  dispatch(std::make_shared<const Exchange>(std::move(exchange)));
}

std::optional<Problem> Face::Impl::check_names(const Route& route) const {
  std::optional<model::FieldError> error;
  if (has_service(route.resource)) error = model::check_service_name(route.service, settings_.instance);
  if (!error && has_instance(route.resource)) error = model::check_instance_id(route.id, settings_.instance);
  if (!error) return std::nullopt;
  error->too_large = false;  // a name in the path has no status of its own for its length
  return field_problem(*error, "path");
}

void Face::Impl::dispatch(const ExchangePtr& exchange) {
  const Method method = exchange->request.method;
  if (!registry_.ready() && is_read(method) && lists(exchange->resource))
    return exchange->respond(problem_response(not_ready_problem()));
  switch (exchange->resource) {
    case Resource::services:
      return reads_.services(exchange);
    case Resource::service:
      return reads_.service(exchange);
    case Resource::instances:
      return writes_.enrol(exchange);
    case Resource::instance:
      if (is_read(method)) return reads_.instance(exchange);
      return method == Method::put ? writes_.enrol(exchange) : writes_.cancel(exchange);
    case Resource::status:
      return writes_.set_status(exchange);
    case Resource::drain:
      return method == Method::put ? writes_.drain(exchange) : writes_.undrain(exchange);
    case Resource::metadata:
      return writes_.patch_metadata(exchange);
    case Resource::renew_many:
      return writes_.renew_many(exchange);
    case Resource::self_preservation:
      return reads_.self_preservation(exchange);
    case Resource::hold:
      return writes_.release_hold(exchange);
    case Resource::overrides:
      return reads_.overrides(exchange);
    case Resource::node:
      return reads_.node(exchange);
    case Resource::peers:
      return reads_.peers(exchange);
    case Resource::diff:
      return reads_.diff(exchange);
    case Resource::events:
      return reads_.events(exchange);
    // Answered by handle().
    case Resource::none:
    case Resource::later:
    case Resource::renew:
      break;
  }
}

Face::Face(Registry& registry, Background& background, Settings settings, Documents documents)
    : impl_(std::make_unique<Impl>(registry, background, std::move(settings), std::move(documents))) {}
Face::~Face() = default;

void Face::handle(const Request& request, Responder& responder) {
  impl_->handle(request, responder);
}

void Face::reconfigure(Settings settings) {
  impl_->reconfigure(std::move(settings));
}

}  // namespace muster::api::v1
