#include "proto/v1/write.hpp"

#include <cstdio>

namespace muster::v1 {
namespace {

void text_if_any(JsonWriter& out, std::string_view name, std::string_view value) {
  if (!value.empty()) out.text(name, value);
}

/// The number to call, else null; a disabled number stands apart, so that nobody calls it by mistake.
void write_port(JsonWriter& out, std::string_view name, std::string_view disabled_name, model::Port port) {
  out.key(name);
  if (port.enabled) {
    out.count(port.number);
  } else {
    out.null();
  }
  if (!port.enabled && port.number != 0) out.count(disabled_name, port.number);
}

void write_metadata(JsonWriter& out, std::string_view name,
                    std::span<const std::pair<std::string_view, std::string_view>> metadata) {
  out.key(name).open_object();
  for (const auto& [key, value] : metadata) out.text(key, value);
  out.close_object();
}

void write_payload(JsonWriter& out, const model::PayloadView& payload) {
  out.text_or_null("address", payload.address);
  out.text_or_null("host_name", payload.host_name);
  write_port(out, "port", "disabled_port", payload.port);
  write_port(out, "secure_port", "disabled_secure_port", payload.secure_port);
  out.text_or_null("zone", model::effective_zone(payload));
  text_if_any(out, "vip_address", payload.vip_address);
  text_if_any(out, "secure_vip_address", payload.secure_vip_address);
  text_if_any(out, "home_page_url", payload.home_page_url);
  text_if_any(out, "status_page_url", payload.status_page_url);
  text_if_any(out, "health_check_url", payload.health_check_url);
  text_if_any(out, "secure_health_check_url", payload.secure_health_check_url);
  text_if_any(out, "app_group", payload.app_group);
  text_if_any(out, "asg_name", payload.asg_name);
  text_if_any(out, "sid", payload.sid);
  out.number("country_id", payload.country_id);
  out.key("data_center").open_object().text("name", payload.data_center);
  if (!payload.data_center_metadata.empty()) write_metadata(out, "metadata", payload.data_center_metadata);
  out.close_object();
}

void write_lease(JsonWriter& out, const InstanceOut& instance) {
  out.key("lease").open_object();
  out.count("interval_s", instance.lease.interval_s).count("duration_s", instance.lease.duration_s);
  out.text("state", instance.lease_state);
  if (instance.live) {
    out.time("renewed_at", instance.live->renewed_ms);
    out.time("expires_at", instance.live->expires_ms);
    out.number("expires_in_ms", instance.live->expires_ms - instance.live->now_ms);
  }
  out.close_object();
}

/// Names the write that won, for people who compare nodes.
std::string version_text(const model::Version& version) {
  char text[64];
  const int length = std::snprintf(
      text, sizeof text, "%016llx-%llx-%llx", static_cast<unsigned long long>(version.clock),
      static_cast<unsigned long long>(version.origin.node), static_cast<unsigned long long>(version.origin.boot));
  return std::string(text, static_cast<std::size_t>(length));
}

}  // namespace

void write_override(JsonWriter& out, const OverrideOut& override_) {
  out.text("value", model::to_string(override_.value));
  out.text("reason", override_.reason).text("by", override_.by).time_or_null("until", override_.until_ms);
}

void write_instance(JsonWriter& out, const InstanceOut& instance) {
  out.open_object();
  out.text("service", instance.service).text("id", instance.id);
  out.text("status", model::to_string(instance.visible)).text("reported_status", model::to_string(instance.reported));
  out.key("override");
  if (instance.override_) {
    out.open_object();
    write_override(out, *instance.override_);
    out.close_object();
  } else {
    out.null();
  }
  write_payload(out, *instance.payload);
  write_metadata(out, "metadata", instance.metadata);
  write_lease(out, instance);
  out.count("incarnation", instance.incarnation);
  out.time("registered_at", instance.registered_ms).time("updated_at", instance.updated_ms);
  out.time_or_null("up_since", instance.up_since_ms);
  if (instance.live) out.text("version", version_text(instance.live->version));
  if (!instance.warnings.empty()) {
    out.key("warnings").open_array();
    for (const std::string& warning : instance.warnings) out.text(warning);
    out.close_array();
  }
  out.close_object();
}

}  // namespace muster::v1
