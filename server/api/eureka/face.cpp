#include "server/api/eureka/face.hpp"

#include <utility>

#include "proto/model/ascii.hpp"
#include "server/api/content.hpp"
#include "server/api/eureka/negotiate.hpp"
#include "server/api/eureka/reads.hpp"
#include "server/api/eureka/registration.hpp"
#include "server/api/eureka/route.hpp"
#include "server/api/eureka/status_page.hpp"
#include "server/api/eureka/writes.hpp"

namespace muster::api::eureka {
namespace {

void respond_methods(Responder& responder, Resource resource, unsigned status) {
  Response response;
  response.status = status;
  response.add_header("Allow", allow_header(resource, status == 200));
  responder.respond(std::move(response));
}

bool is_entity(Resource resource) {
  return resource == Resource::instance || resource == Resource::by_id || resource == Resource::server_status;
}

/// Lists go by mention of JSON, single instances and the texts of errors by order.
Preference preference_of(Resource resource, Method method) {
  const bool write = method != Method::get && method != Method::head;
  return write || is_entity(resource) ? Preference::ordered : Preference::mentioned;
}

core::Key key_of(const Route& route) {
  return {model::to_lower(route.app), std::string(route.name)};
}

}  // namespace

class Face::Impl {
 public:
  Impl(Registry& registry, Background& background, Settings settings, ReplicasNow replicas)
      : registry_(registry),
        settings_(std::move(settings)),
        clock_([] { return std::chrono::steady_clock::now(); }),
        started_(clock_()),
        started_ms_(registry.wall_ms()),
        replicas_(std::move(replicas)),
        reads_(registry, background, settings_, clock_),
        writes_(registry, settings_),
        registrations_(registry, settings_) {}

  void handle(const Request& request, Responder& responder);
  void reconfigure(Settings settings) { settings_ = std::move(settings); }

 private:
  void dispatch_read(Reading reading, const Route& route);
  void dispatch_write(Reading reading, const Route& route, const Target& target);
  void respond_status(const Reading& reading);

  Registry& registry_;
  Settings settings_;
  Clock clock_;
  std::chrono::steady_clock::time_point started_;
  core::WallMs started_ms_;
  ReplicasNow replicas_;
  Reads reads_;
  Writes writes_;
  Registrations registrations_;
};

void Face::Impl::handle(const Request& request, Responder& responder) {
  const std::optional<Target> target = parse_target(request.target);
  if (!target) return respond_empty(responder, 400);
  const Route route = find_route(*target);
  if (route.resource == Resource::none) return respond_empty(responder, 404);
  if (request.method == Method::options) return respond_methods(responder, route.resource, 200);
  if (!allows(route.resource, request.method)) return respond_methods(responder, route.resource, 405);
  // Writes too are refused when no answer would be acceptable, although theirs have no body: so do all Eureka servers.
  const auto format = choose_format(request.header("Accept"), preference_of(route.resource, request.method));
  if (!format) return respond_empty(responder, 406);

  Reading reading{request, &responder, {*format, Shape::full, false}};
  if (request.method == Method::get || request.method == Method::head) {
    reading.form =
        is_entity(route.resource) ? Form{*format, Shape::full, accepts_gzip(request)} : list_form(request, *format);
    return dispatch_read(std::move(reading), route);
  }
  dispatch_write(std::move(reading), route, *target);
}

void Face::Impl::dispatch_read(Reading reading, const Route& route) {
  if (!registry_.ready() && route.resource != Resource::server_status) return respond_not_ready(*reading.responder);
  switch (route.resource) {
    case Resource::apps:
      return reads_.registry(std::move(reading));
    case Resource::delta:
      if (!settings_.delta) return respond_empty(*reading.responder, 403);
      return reads_.delta(std::move(reading));
    case Resource::app:
      return reads_.service(std::move(reading), route.app);
    case Resource::instance:
      return reads_.instance(std::move(reading), key_of(route));
    case Resource::by_id:
      return reads_.by_id(std::move(reading), route.name);
    case Resource::vip:
      return reads_.picked_by_vip(std::move(reading), route.name, false);
    case Resource::svip:
      return reads_.picked_by_vip(std::move(reading), route.name, true);
    case Resource::server_status:
      return respond_status(reading);
    case Resource::none:
    case Resource::instance_status:
    case Resource::instance_metadata:
    case Resource::asg_status:
      return respond_empty(*reading.responder, 404);
  }
}

void Face::Impl::dispatch_write(Reading reading, const Route& route, const Target& target) {
  if (route.resource == Resource::app) return registrations_.take(reading, route.app);
  // What a body of the others holds does not matter (Jersey clients send `{}`), what it is called has to make sense.
  if (body_type(reading.request).verdict == BodyType::Verdict::malformed) return respond_empty(*reading.responder, 400);
  const bool remove = reading.request.method == Method::delete_;
  switch (route.resource) {
    case Resource::instance:
      if (remove) return writes_.cancel(std::move(reading), key_of(route));
      return writes_.renew(std::move(reading), key_of(route), target);
    case Resource::instance_status:
      if (remove) return writes_.clear_override(std::move(reading), key_of(route), target);
      return writes_.set_override(std::move(reading), key_of(route), target);
    case Resource::instance_metadata:
      return writes_.patch_metadata(std::move(reading), key_of(route), target);
    // Groups of Amazon's autoscaler; outside of it the real server refuses every value.
    case Resource::asg_status:
      return respond_empty(*reading.responder, 400);
    case Resource::none:
    case Resource::apps:
    case Resource::delta:
    case Resource::app:
    case Resource::by_id:
    case Resource::vip:
    case Resource::svip:
    case Resource::server_status:
      return respond_empty(*reading.responder, 404);
  }
}

void Face::Impl::respond_status(const Reading& reading) {
  ServerStatus status;
  read_host(reading.request.header("Host"), status);
  status.own_id = settings_.own_id;
  status.environment = settings_.environment;
  status.uptime = std::chrono::duration_cast<std::chrono::minutes>(clock_() - started_);
  status.started_ms = started_ms_;
  status.replicas = replicas_();
  measure_process(status);
  Response response;
  response.content_type = media_type(reading.form.format);
  response.text = write_status(status, reading.form.format);
  response.add_header("Vary", "Accept, Accept-Encoding, X-Eureka-Accept");
  reading.responder->respond(std::move(response));
}

Face::Face(Registry& registry, Background& background, Settings settings, ReplicasNow replicas)
    : impl_(std::make_unique<Impl>(registry, background, std::move(settings), std::move(replicas))) {}

Face::~Face() = default;

void Face::handle(const Request& request, Responder& responder) {
  impl_->handle(request, responder);
}

void Face::reconfigure(Settings settings) {
  impl_->reconfigure(std::move(settings));
}

}  // namespace muster::api::eureka
