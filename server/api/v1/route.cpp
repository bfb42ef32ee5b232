#include "server/api/v1/route.hpp"

#include <utility>

namespace muster::api::v1 {
namespace {

Resource match_part(std::string_view part) {
  if (part == "renew") return Resource::renew;
  if (part == "status") return Resource::status;
  if (part == "drain") return Resource::drain;
  if (part == "metadata") return Resource::metadata;
  return Resource::none;
}

Route match_services(std::vector<std::string>& segments) {
  const std::size_t size = segments.size();
  if (size == 2) return {Resource::services, {}, {}};
  if (size == 3) return {Resource::service, std::move(segments[2]), {}};
  if (size > 6 || segments[3] != "instances") return {};
  if (size == 4) return {Resource::instances, std::move(segments[2]), {}};
  const Resource resource = size == 5 ? Resource::instance : match_part(segments[5]);
  if (resource == Resource::none) return {};
  return {resource, std::move(segments[2]), std::move(segments[4])};
}

Route match_hold(std::vector<std::string>& segments) {
  if (segments.size() == 2) return {Resource::self_preservation, {}, {}};
  Route route{Resource::hold, std::move(segments[2]), {}};
  // A subnet has a slash in its name, which people forget to encode.
  for (std::size_t i = 3; i < segments.size(); ++i) route.id.append(i == 3 ? "" : "/").append(segments[i]);
  return route;
}

}  // namespace

Route match(std::vector<std::string>& segments) {
  if (segments.size() < 2 || segments[0] != "v1") return {};
  const std::string_view first = segments[1];
  if (first == "services") return match_services(segments);
  if (first == "self-preservation") return match_hold(segments);
  if (segments.size() > 2) return {};
  if (first == "renew") return {Resource::renew_many, {}, {}};
  if (first == "overrides") return {Resource::overrides, {}, {}};
  if (first == "node") return {Resource::node, {}, {}};
  if (first == "events") return {Resource::events, {}, {}};
  if (first == "peers") return {Resource::peers, {}, {}};
  if (first == "diff") return {Resource::diff, {}, {}};
  if (first == "watch") return {Resource::later, {}, {}};
  return {};
}

std::string_view allowed(Resource resource) {
  switch (resource) {
    case Resource::none:
    case Resource::later:
      return "";
    case Resource::services:
    case Resource::service:
    case Resource::self_preservation:
    case Resource::overrides:
    case Resource::node:
    case Resource::peers:
    case Resource::diff:
    case Resource::events:
      return "GET, HEAD, OPTIONS";
    case Resource::instances:
    case Resource::renew_many:
      return "POST, OPTIONS";
    case Resource::instance:
      return "GET, HEAD, PUT, DELETE, OPTIONS";
    case Resource::renew:
    case Resource::status:
      return "PUT, OPTIONS";
    case Resource::drain:
      return "PUT, DELETE, OPTIONS";
    case Resource::metadata:
      return "PATCH, OPTIONS";
    case Resource::hold:
      return "DELETE, OPTIONS";
  }
  return "";
}

}  // namespace muster::api::v1
