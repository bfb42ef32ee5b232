#include "server/api/eureka/fault.hpp"

#include <array>
#include <utility>

namespace muster::api::eureka {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 15> names{{
    {"service", "app"},
    {"id", "instanceId"},
    {"host_name", "hostName"},
    {"address", "ipAddr"},
    {"vip_address", "vipAddress"},
    {"secure_vip_address", "secureVipAddress"},
    {"home_page_url", "homePageUrl"},
    {"status_page_url", "statusPageUrl"},
    {"health_check_url", "healthCheckUrl"},
    {"secure_health_check_url", "secureHealthCheckUrl"},
    {"app_group", "appGroupName"},
    {"asg_name", "asgName"},
    {"data_center.name", "dataCenterInfo.name"},
    {"port", "port.$"},
    {"secure_port", "securePort.$"},
}};

}  // namespace

std::string eureka_field(std::string_view field) {
  for (const auto& [ours, theirs] : names)
    if (ours == field) return std::string(theirs);
  constexpr std::string_view data_center = "data_center.";
  if (field.starts_with(data_center)) return "dataCenterInfo." + std::string(field.substr(data_center.size()));
  return std::string(field);
}

void respond_text(Responder& responder, std::string text, Format format) {
  Response response;
  response.status = 400;
  response.content_type = media_type(format);
  response.text = std::move(text);
  responder.respond(std::move(response));
}

void respond_fault(Responder& responder, const model::FieldError& error, Format format) {
  respond_text(responder, eureka_field(error.field) + " " + error.message, format);
}

}  // namespace muster::api::eureka
