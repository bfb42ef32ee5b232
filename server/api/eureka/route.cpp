#include "server/api/eureka/route.hpp"

#include <span>

namespace muster::api::eureka {
namespace {

using Segments = std::span<const std::string>;

/// Below `apps`. `delta` is reserved in exactly this case: an application of that name is reached as DELTA.
Route find_application_route(Segments segments) {
  if (segments.empty()) return {Resource::apps, {}, {}};
  const std::string_view app = segments[0];
  if (segments.size() == 1) return {app == "delta" ? Resource::delta : Resource::app, app, {}};
  const std::string_view id = segments[1];
  if (segments.size() == 2) return {Resource::instance, app, id};
  if (segments.size() == 3 && segments[2] == "status") return {Resource::instance_status, app, id};
  if (segments.size() == 3 && segments[2] == "metadata") return {Resource::instance_metadata, app, id};
  return {};
}

}  // namespace

Route find_route(const Target& target) {
  Segments segments(target.segments);
  if (segments.empty() || segments[0] != "eureka") return {};
  segments = segments.subspan(1);
  if (!segments.empty() && segments[0] == "v2") segments = segments.subspan(1);
  if (segments.empty()) return {};
  const std::string_view first = segments[0];
  segments = segments.subspan(1);
  if (first == "apps") return find_application_route(segments);
  if (first == "status" && segments.empty()) return {Resource::server_status, {}, {}};
  if (first == "asg" && segments.size() == 2 && segments[1] == "status") return {Resource::asg_status, {}, segments[0]};
  if (segments.size() != 1) return {};
  if (first == "instances") return {Resource::by_id, {}, segments[0]};
  if (first == "vips") return {Resource::vip, {}, segments[0]};
  if (first == "svips") return {Resource::svip, {}, segments[0]};
  return {};
}

bool allows(Resource resource, Method method) {
  const bool read = method == Method::get || method == Method::head;
  switch (resource) {
    case Resource::none:
      return false;
    case Resource::apps:
    case Resource::delta:
    case Resource::by_id:
    case Resource::vip:
    case Resource::svip:
    case Resource::server_status:
      return read;
    case Resource::app:
      return read || method == Method::post;
    case Resource::instance:
      return read || method == Method::put || method == Method::delete_;
    case Resource::instance_status:
      return method == Method::put || method == Method::delete_;
    case Resource::instance_metadata:
    case Resource::asg_status:
      return method == Method::put;
  }
  return false;
}

std::string_view allow_header(Resource resource, bool with_head) {
  switch (resource) {
    case Resource::none:
      return {};
    case Resource::apps:
    case Resource::delta:
    case Resource::by_id:
    case Resource::vip:
    case Resource::svip:
    case Resource::server_status:
      return with_head ? "GET, HEAD, OPTIONS" : "GET, OPTIONS";
    case Resource::app:
      return with_head ? "GET, HEAD, OPTIONS, POST" : "GET, OPTIONS, POST";
    case Resource::instance:
      return with_head ? "DELETE, GET, HEAD, OPTIONS, PUT" : "DELETE, GET, OPTIONS, PUT";
    case Resource::instance_status:
      return "DELETE, OPTIONS, PUT";
    case Resource::instance_metadata:
    case Resource::asg_status:
      return "OPTIONS, PUT";
  }
  return {};
}

}  // namespace muster::api::eureka
