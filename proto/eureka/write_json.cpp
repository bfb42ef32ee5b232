#include "proto/eureka/write_json.hpp"

#include <algorithm>

#include "proto/eureka/text.hpp"

// Keys, order and types are a contract with readers that reject what they do not know: Spring's clients fail on one
// unknown key, fargo on a boolean `@enabled`, Steeltoe on a string `$`. Nothing may be added here.
namespace muster::eureka::json {
namespace {

/// `prefix` is everything up to and including the opening quote.
void put_text(std::string& out, std::string_view prefix, std::string_view text) {
  out.append(prefix);
  append_json_escaped(out, text);
  out.push_back('"');
}

void put_text_if_any(std::string& out, std::string_view prefix, std::string_view text) {
  if (!text.empty()) put_text(out, prefix, text);
}

void put_number(std::string& out, std::string_view prefix, std::int64_t number) {
  out.append(prefix);
  append_number(out, number);
}

void put_port(std::string& out, std::string_view prefix, model::Port port) {
  put_number(out, prefix, port.number);
  out.append(port.enabled ? R"(,"@enabled":"true"})" : R"(,"@enabled":"false"})");
}

void put_ports(std::string& out, const model::PayloadView& payload) {
  put_port(out, R"(,"port":{"$":)", payload.port);
  put_port(out, R"(,"securePort":{"$":)", payload.secure_port);
}

/// Entries without the enclosing braces; returns whether there were any.
template <typename Keep>
bool put_entries(std::string& out, std::span<const std::pair<std::string_view, std::string_view>> entries, Keep keep) {
  bool any = false;
  for (const auto& [key, value] : entries) {
    if (is_type_key(key) || !keep(key)) continue;
    put_text(out, any ? R"(,")" : R"(")", key);
    put_text(out, R"(:")", value);
    any = true;
  }
  return any;
}

void put_metadata(std::string& out, std::span<const std::pair<std::string_view, std::string_view>> metadata) {
  out.append(R"(,"metadata":{)");
  if (!put_entries(out, metadata, [](std::string_view) { return true; }))
    put_text(out, R"("@class":")", empty_map_class);
  out.push_back('}');
}

void put_data_center(std::string& out, const model::PayloadView& payload, Shape shape) {
  const std::string_view name = shown_data_center(payload.data_center);
  const bool amazon = name == "Amazon";
  put_text(out, R"(,"dataCenterInfo":{"@class":")", amazon ? amazon_class : default_class);
  put_text(out, R"(,"name":")", name);
  if (amazon) {
    out.append(R"(,"metadata":{)");
    put_entries(out, payload.data_center_metadata,
                [shape](std::string_view key) { return shape == Shape::full || compact_keeps(key); });
    out.push_back('}');
  }
  out.push_back('}');
}

void put_lease(std::string& out, const InstanceOut& instance) {
  put_number(out, R"(,"leaseInfo":{"renewalIntervalInSecs":)",
             std::min<std::int64_t>(instance.lease.interval_s, seconds_max));
  put_number(out, R"(,"durationInSecs":)", std::min<std::int64_t>(instance.lease.duration_s, seconds_max));
  put_number(out, R"(,"registrationTimestamp":)", instance.registered_ms);
  put_number(out, R"(,"lastRenewalTimestamp":)", instance.renewed_ms);
  put_number(out, R"(,"evictionTimestamp":)", instance.evicted_ms);
  put_number(out, R"(,"serviceUpTimestamp":)", instance.up_since_ms);
  out.push_back('}');
}

/// `{"instanceId":"…",` up to and including the separator, or `{`.
void put_id(std::string& out, const InstanceOut& instance) {
  out.push_back('{');
  if (!instance.payload->id_given) return;
  put_text(out, R"("instanceId":")", instance.id);
  out.push_back(',');
}

void write_full(std::string& out, const InstanceOut& instance) {
  const model::PayloadView& payload = *instance.payload;
  put_id(out, instance);
  put_text(out, R"("hostName":")", shown_host_name(payload));
  put_text(out, R"(,"app":")", instance.app);
  put_text(out, R"(,"ipAddr":")", payload.address);
  put_text_if_any(out, R"(,"sid":")", payload.sid);
  put_text(out, R"(,"status":")", model::to_string(instance.status));
  put_text(out, R"(,"overriddenStatus":")", model::to_string(instance.overridden));
  put_ports(out, payload);
  put_number(out, R"(,"countryId":)", payload.country_id);
  put_data_center(out, payload, Shape::full);
  put_lease(out, instance);
  put_metadata(out, instance.metadata);
  put_text_if_any(out, R"(,"appGroupName":")", payload.app_group);
  put_text_if_any(out, R"(,"homePageUrl":")", payload.home_page_url);
  put_text_if_any(out, R"(,"statusPageUrl":")", payload.status_page_url);
  put_text_if_any(out, R"(,"healthCheckUrl":")", payload.health_check_url);
  put_text_if_any(out, R"(,"secureHealthCheckUrl":")", payload.secure_health_check_url);
  put_text_if_any(out, R"(,"vipAddress":")", payload.vip_address);
  put_text_if_any(out, R"(,"secureVipAddress":")", payload.secure_vip_address);
  put_text(out, R"(,"isCoordinatingDiscoveryServer":")", instance.coordinating ? "true" : "false");
  put_number(out, R"(,"lastUpdatedTimestamp":")", instance.updated_ms);
  put_number(out, R"(","lastDirtyTimestamp":")", instance.dirty_ms);
  out.push_back('"');
  put_text_if_any(out, R"(,"actionType":")", instance.action);
  put_text_if_any(out, R"(,"asgName":")", payload.asg_name);
  out.push_back('}');
}

void write_compact(std::string& out, const InstanceOut& instance) {
  const model::PayloadView& payload = *instance.payload;
  put_id(out, instance);
  put_text(out, R"("app":")", instance.app);
  put_text(out, R"(,"ipAddr":")", payload.address);
  put_text_if_any(out, R"(,"vipAddress":")", payload.vip_address);
  put_text_if_any(out, R"(,"secureVipAddress":")", payload.secure_vip_address);
  put_data_center(out, payload, Shape::compact);
  put_text(out, R"(,"hostName":")", shown_host_name(payload));
  put_text(out, R"(,"status":")", model::to_string(instance.status));
  put_number(out, R"(,"lastUpdatedTimestamp":)", instance.updated_ms);  // a number here, a string in the full shape
  put_text_if_any(out, R"(,"actionType":")", instance.action);
  put_text_if_any(out, R"(,"asgName":")", payload.asg_name);
  put_ports(out, payload);
  out.push_back('}');
}

void put_version_and_hash(std::string& out, std::string_view version, std::string_view hash) {
  put_text(out, R"("versions__delta":")", version);
  put_text(out, R"(,"apps__hashcode":")", hash);
}

}  // namespace

void write_instance(std::string& out, const InstanceOut& instance, Shape shape) {
  if (shape == Shape::full)
    write_full(out, instance);
  else
    write_compact(out, instance);
}

void write_single(std::string& out, const InstanceOut& instance) {
  out.append(R"({"instance":)");
  write_full(out, instance);
  out.push_back('}');
}

void open_list(std::string& out, std::string_view version, std::string_view hash, Shape shape) {
  out.append(R"({"applications":{)");
  if (shape == Shape::full) {
    put_version_and_hash(out, version, hash);
    out.push_back(',');
  }
  out.append(R"("application":[)");
}

void close_list(std::string& out, std::string_view version, std::string_view hash, Shape shape) {
  out.push_back(']');
  if (shape == Shape::compact) {
    out.push_back(',');
    put_version_and_hash(out, version, hash);
  }
  out.append("}}");
}

void open_application(std::string& out, std::string_view app) {
  put_text(out, R"({"name":")", app);
  out.append(R"(,"instance":[)");
}

void close_application(std::string& out) {
  out.append("]}");
}

void open_application_document(std::string& out, std::string_view app) {
  out.append(R"({"application":)");
  open_application(out, app);
}

void close_application_document(std::string& out) {
  close_application(out);
  out.push_back('}');
}

}  // namespace muster::eureka::json
