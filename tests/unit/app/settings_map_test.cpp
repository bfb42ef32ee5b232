// Goal: rooms that have defaults of their own (for their tests) have those of the configuration. Method: compare both.
#include <catch2/catch.hpp>

#include "config/keys.hpp"
#include "server/app/settings_map.hpp"

using namespace muster;

TEST_CASE("the core's defaults are those of the configuration") {
  const core::Settings mapped = app::core_settings({}, {});
  const core::Settings own;
  CHECK(mapped.lease.defaults == own.lease.defaults);
  CHECK(mapped.lease.duration_max_s == own.lease.duration_max_s);
  CHECK(mapped.lease.doubled == own.lease.doubled);
  CHECK(mapped.self_preservation.enabled == own.self_preservation.enabled);
  CHECK(mapped.self_preservation.instances_min == own.self_preservation.instances_min);
  CHECK(mapped.self_preservation.failing_min == own.self_preservation.failing_min);
  CHECK(mapped.self_preservation.failing_percent == own.self_preservation.failing_percent);
  CHECK(mapped.self_preservation.hold_max_service == own.self_preservation.hold_max_service);
  CHECK(mapped.self_preservation.hold_max_infrastructure == own.self_preservation.hold_max_infrastructure);
  CHECK(mapped.limits.instances == own.limits.instances);
  CHECK(mapped.limits.services == own.limits.services);
  CHECK(mapped.limits.dormant_overrides == own.limits.dormant_overrides);
  CHECK(mapped.limits.tombstones == own.limits.tombstones);
  CHECK(mapped.limits.changes == own.limits.changes);
  CHECK(mapped.limits.overlay_entries == own.limits.overlay_entries);
  CHECK(mapped.limits.overlay_bytes == own.limits.overlay_bytes);
  CHECK(mapped.tombstone_retention == own.tombstone_retention);
  CHECK(mapped.change_retention == own.change_retention);
}

TEST_CASE("the listener's and the faces' defaults are those of the configuration") {
  const net::Limits net = app::net_limits({});
  CHECK(net.connections == net::Limits{}.connections);
  CHECK(net.header_bytes == net::Limits{}.header_bytes);
  CHECK(net.headers == net::Limits{}.headers);
  CHECK(net.body_bytes == net::Limits{}.body_bytes);
  CHECK(net.header_timeout == net::Limits{}.header_timeout);
  CHECK(net.body_timeout == net::Limits{}.body_timeout);
  CHECK(net.idle_timeout == net::Limits{}.idle_timeout);
  CHECK(net.write_timeout == net::Limits{}.write_timeout);
  CHECK(net.unsent_bytes == net::Limits{}.unsent_bytes);

  const api::eureka::Settings eureka = app::eureka_settings({});
  CHECK(eureka.body_bytes_max == api::eureka::Settings{}.body_bytes_max);
  CHECK(eureka.depth_max == api::eureka::Settings{}.depth_max);
  CHECK(eureka.delta == api::eureka::Settings{}.delta);
  CHECK(eureka.environment == api::eureka::Settings{}.environment);
  CHECK(eureka.own_id == api::eureka::Settings{}.own_id);

  const api::v1::Settings v1 = app::v1_settings({});
  CHECK(v1.body_bytes_max == api::v1::Settings{}.body_bytes_max);
  CHECK(v1.depth_max == api::v1::Settings{}.depth_max);
  CHECK(v1.renew_batch_max == api::v1::Settings{}.renew_batch_max);
  CHECK(v1.reason_bytes_max == api::v1::Settings{}.reason_bytes_max);
}

TEST_CASE("every key reaches a room") {
  // A key that no room takes would be a switch that does nothing. Those that `app` itself acts on are named here.
  const auto acts_itself = [](std::string_view name) {
    for (const char* own : {"listen", "data_dir", "insecure", "cluster.peers", "cluster.peers_file", "cluster.id",
                            "cluster.secret", "cluster.secret_file", "snapshot.period_ms", "log.level",
                            "shutdown.drain_deadline_ms", "metrics.services", "http.long_answers", "limits.events"})
      if (name == own) return true;
    return false;
  };
  const auto fingerprint = [](const config::Settings& settings) {
    const core::Settings core = app::core_settings(settings, {});
    const net::Limits net = app::net_limits(settings);
    const api::eureka::Settings eureka = app::eureka_settings(settings);
    const api::v1::Settings v1 = app::v1_settings(settings);
    std::string out = eureka.environment + "|" + eureka.own_id;
    const auto add = [&](auto number) { out += "|" + std::to_string(number); };
    add(core.lease.defaults.interval_s), add(core.lease.defaults.duration_s), add(core.lease.duration_max_s);
    add(core.lease.doubled), add(core.self_preservation.enabled), add(core.self_preservation.instances_min);
    add(core.self_preservation.failing_min), add(core.self_preservation.failing_percent);
    add(core.self_preservation.hold_max_service.count());
    add(core.self_preservation.hold_max_infrastructure.count());
    add(core.limits.instances), add(core.limits.services), add(core.limits.dormant_overrides);
    add(core.limits.tombstones), add(core.limits.changes), add(core.limits.overlay_entries);
    add(core.limits.overlay_bytes), add(core.tombstone_retention.count()), add(core.change_retention.count());
    for (const model::InstanceLimits& instance : {eureka.instance, v1.instance}) {
      add(instance.service_name_bytes), add(instance.instance_id_bytes), add(instance.field_bytes);
      add(instance.metadata_entries), add(instance.metadata_key_bytes), add(instance.metadata_value_bytes);
      add(instance.metadata_bytes);
    }
    add(net.connections), add(net.header_bytes), add(net.headers), add(net.body_bytes);
    add(net.unsent_bytes), add(net.header_timeout.count()), add(net.body_timeout.count());
    add(net.idle_timeout.count()), add(net.write_timeout.count());
    add(eureka.body_bytes_max), add(eureka.depth_max), add(eureka.delta);
    add(v1.body_bytes_max), add(v1.depth_max), add(v1.renew_batch_max), add(v1.reason_bytes_max);
    return out;
  };
  const std::string defaults = fingerprint({});
  for (const config::Key& key : config::keys()) {
    if (acts_itself(key.name)) continue;
    INFO(key.name);
    config::Settings settings;
    config::Value other = key.read(settings);
    if (auto* flag = std::get_if<bool>(&other)) *flag = !*flag;
    if (auto* number = std::get_if<std::int64_t>(&other)) *number += 1;
    if (auto* text = std::get_if<std::string>(&other)) *text += "x";
    key.write(settings, other);
    CHECK(fingerprint(settings) != defaults);
  }
}
