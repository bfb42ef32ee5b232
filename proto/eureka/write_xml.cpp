#include "proto/eureka/write_xml.hpp"

#include <algorithm>

#include "proto/eureka/text.hpp"

// Unindented: layout carries no meaning and would cost a fifth of the size. Elements and attributes are a contract:
// py-eureka-client fails without `enabled` and `class`, Prometheus parses every number, and one ill-formed instance
// would take the whole registry from both.
namespace muster::eureka::xml {
namespace {

/// `<name>text</name>`.
void put(std::string& out, std::string_view name, std::string_view text) {
  out.append("<").append(name).append(">");
  append_xml_escaped(out, text);
  out.append("</").append(name).append(">");
}

void put_if_any(std::string& out, std::string_view name, std::string_view text) {
  if (!text.empty()) put(out, name, text);
}

void put(std::string& out, std::string_view name, std::int64_t number) {
  out.append("<").append(name).append(">");
  append_number(out, number);
  out.append("</").append(name).append(">");
}

void put_port(std::string& out, std::string_view name, model::Port port) {
  out.append("<").append(name).append(port.enabled ? R"( enabled="true">)" : R"( enabled="false">)");
  append_number(out, port.number);
  out.append("</").append(name).append(">");
}

void put_ports(std::string& out, const model::PayloadView& payload) {
  put_port(out, "port", payload.port);
  put_port(out, "securePort", payload.secure_port);
}

template <typename Keep>
bool put_entries(std::string& out, std::span<const std::pair<std::string_view, std::string_view>> entries, Keep keep) {
  bool any = false;
  for (const auto& [key, value] : entries) {
    if (is_type_key(key) || key.empty() || !keep(key)) continue;
    out.push_back('<');
    const std::size_t name = out.size();
    append_xml_name(out, key);
    const std::size_t length = out.size() - name;
    out.push_back('>');
    append_xml_escaped(out, value);
    out.append("</");
    out.append(out, name, length);
    out.push_back('>');
    any = true;
  }
  return any;
}

template <typename Keep>
void put_metadata(std::string& out, std::span<const std::pair<std::string_view, std::string_view>> metadata,
                  Keep keep) {
  const std::size_t start = out.size();
  out.append("<metadata>");
  if (put_entries(out, metadata, keep)) {
    out.append("</metadata>");
    return;
  }
  out.resize(start);
  out.append(R"(<metadata class=")").append(empty_map_class).append(R"("/>)");
}

void put_data_center(std::string& out, const model::PayloadView& payload, Shape shape) {
  const std::string_view name = shown_data_center(payload.data_center);
  const bool amazon = name == "Amazon";
  out.append(R"(<dataCenterInfo class=")").append(amazon ? amazon_class : default_class).append(R"(">)");
  put(out, "name", name);
  if (amazon) {
    put_metadata(out, payload.data_center_metadata,
                 [shape](std::string_view key) { return shape == Shape::full || compact_keeps(key); });
  }
  out.append("</dataCenterInfo>");
}

void put_lease(std::string& out, const InstanceOut& instance) {
  out.append("<leaseInfo>");
  put(out, "renewalIntervalInSecs", std::min<std::int64_t>(instance.lease.interval_s, seconds_max));
  put(out, "durationInSecs", std::min<std::int64_t>(instance.lease.duration_s, seconds_max));
  put(out, "registrationTimestamp", instance.registered_ms);
  put(out, "lastRenewalTimestamp", instance.renewed_ms);
  put(out, "evictionTimestamp", instance.evicted_ms);
  put(out, "serviceUpTimestamp", instance.up_since_ms);
  out.append("</leaseInfo>");
}

void write_full(std::string& out, const InstanceOut& instance) {
  const model::PayloadView& payload = *instance.payload;
  out.append("<instance>");
  if (payload.id_given) put(out, "instanceId", instance.id);
  put(out, "hostName", shown_host_name(payload));
  put(out, "app", instance.app);
  put(out, "ipAddr", payload.address);
  put_if_any(out, "sid", payload.sid);
  put(out, "status", model::to_string(instance.status));
  put(out, "overriddenstatus", model::to_string(instance.overridden));
  put_ports(out, payload);
  put(out, "countryId", payload.country_id);
  put_data_center(out, payload, Shape::full);
  put_lease(out, instance);
  put_metadata(out, instance.metadata, [](std::string_view) { return true; });
  put_if_any(out, "appGroupName", payload.app_group);
  put_if_any(out, "homePageUrl", payload.home_page_url);
  put_if_any(out, "statusPageUrl", payload.status_page_url);
  put_if_any(out, "healthCheckUrl", payload.health_check_url);
  put_if_any(out, "secureHealthCheckUrl", payload.secure_health_check_url);
  put_if_any(out, "vipAddress", payload.vip_address);
  put_if_any(out, "secureVipAddress", payload.secure_vip_address);
  put(out, "isCoordinatingDiscoveryServer", std::string_view(instance.coordinating ? "true" : "false"));
  put(out, "lastUpdatedTimestamp", instance.updated_ms);
  put(out, "lastDirtyTimestamp", instance.dirty_ms);
  put_if_any(out, "actionType", instance.action);
  put_if_any(out, "asgName", payload.asg_name);
  out.append("</instance>");
}

void write_compact(std::string& out, const InstanceOut& instance) {
  const model::PayloadView& payload = *instance.payload;
  out.append("<instance>");
  if (payload.id_given) put(out, "instanceId", instance.id);
  put(out, "app", instance.app);
  put(out, "ipAddr", payload.address);
  put_if_any(out, "vipAddress", payload.vip_address);
  put_if_any(out, "secureVipAddress", payload.secure_vip_address);
  put_data_center(out, payload, Shape::compact);
  put(out, "hostName", shown_host_name(payload));
  put(out, "status", model::to_string(instance.status));
  put(out, "lastUpdatedTimestamp", instance.updated_ms);
  put_if_any(out, "actionType", instance.action);
  put_if_any(out, "asgName", payload.asg_name);
  put_ports(out, payload);
  out.append("</instance>");
}

void put_version_and_hash(std::string& out, std::string_view version, std::string_view hash) {
  put(out, "versions__delta", version);
  put(out, "apps__hashcode", hash);
}

}  // namespace

void write_instance(std::string& out, const InstanceOut& instance, Shape shape) {
  if (shape == Shape::full)
    write_full(out, instance);
  else
    write_compact(out, instance);
}

void write_single(std::string& out, const InstanceOut& instance) {
  write_full(out, instance);
}

void open_list(std::string& out, std::string_view version, std::string_view hash, Shape shape) {
  out.append("<applications>");
  if (shape == Shape::full) put_version_and_hash(out, version, hash);
}

void close_list(std::string& out, std::string_view version, std::string_view hash, Shape shape) {
  if (shape == Shape::compact) put_version_and_hash(out, version, hash);
  out.append("</applications>");
}

void open_application(std::string& out, std::string_view app) {
  out.append("<application>");
  put(out, "name", app);
}

void close_application(std::string& out) {
  out.append("</application>");
}

void open_application_document(std::string& out, std::string_view app) {
  open_application(out, app);
}

void close_application_document(std::string& out) {
  close_application(out);
}

}  // namespace muster::eureka::xml
