#include "server/app/settings_map.hpp"

namespace muster::app {

core::Settings core_settings(const config::Settings& settings, model::Origin origin) {
  core::Settings out;
  out.origin = origin;
  out.lease.defaults = settings.lease.defaults;
  out.lease.duration_max_s = settings.lease.duration_max_s;
  out.lease.doubled = settings.lease.doubled_leases;
  out.self_preservation.enabled = settings.self_preservation.enabled;
  out.self_preservation.instances_min = settings.self_preservation.instances_min;
  out.self_preservation.failing_min = settings.self_preservation.failing_min;
  out.self_preservation.failing_percent = settings.self_preservation.failing_percent;
  out.self_preservation.hold_max_service = settings.self_preservation.hold_max_service;
  out.self_preservation.hold_max_infrastructure = settings.self_preservation.hold_max_infrastructure;
  out.limits.instances = settings.limits.instances;
  out.limits.services = settings.limits.services;
  out.limits.dormant_overrides = settings.limits.dormant_overrides;
  out.limits.tombstones = settings.limits.tombstones;
  out.limits.changes = settings.limits.changes;
  out.limits.overlay_entries = settings.limits.overlay_entries;
  out.limits.overlay_bytes = settings.limits.overlay_bytes;
  out.tombstone_retention = settings.retention.tombstone;
  out.change_retention = settings.retention.change;
  // Until the links know better: at least somebody is waited for.
  out.peers = settings.cluster.peers.size() + (settings.cluster.peers_file.empty() ? 0 : 1);
  return out;
}

model::InstanceLimits widest_limits() {
  constexpr std::size_t widest = 16 << 20;
  return {widest, widest, widest, widest, widest, widest, widest};
}

net::Limits net_limits(const config::Settings& settings) {
  net::Limits out;
  out.connections = settings.http.connections;
  out.header_bytes = settings.http.header_bytes;
  out.headers = settings.http.headers;
  out.body_bytes = settings.http.body_bytes;
  out.unsent_bytes = settings.http.unsent_bytes;
  out.header_timeout = settings.http.header_timeout;
  out.body_timeout = settings.http.body_timeout;
  out.idle_timeout = settings.http.idle_timeout;
  out.write_timeout = settings.http.write_timeout;
  return out;
}

api::eureka::Settings eureka_settings(const config::Settings& settings) {
  api::eureka::Settings out;
  out.instance = settings.instance;
  out.body_bytes_max = settings.http.inflated_body_bytes;
  out.depth_max = settings.http.body_depth;
  out.delta = settings.eureka.delta;
  out.environment = settings.eureka.environment;
  out.own_id = settings.eureka.own_id;
  return out;
}

api::v1::Settings v1_settings(const config::Settings& settings) {
  api::v1::Settings out;
  out.instance = settings.instance;
  out.body_bytes_max = settings.http.inflated_body_bytes;
  out.depth_max = settings.http.body_depth;
  out.renew_batch_max = settings.v1.renew_batch;
  out.reason_bytes_max = settings.v1.reason_bytes;
  return out;
}

}  // namespace muster::app
