#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

// The fields of an instance that readers look at, by their JSON key and XML element alike.
namespace muster::eureka {

enum class Field : std::uint8_t {
  unknown,
  instance_id,
  host_name,
  app,
  ip_addr,
  sid,
  status,
  overridden_status,
  port,
  secure_port,
  country_id,
  data_center_info,
  lease_info,
  metadata,
  app_group_name,
  home_page_url,
  status_page_url,
  health_check_url,
  secure_health_check_url,
  vip_address,
  secure_vip_address,
  coordinating,
  last_dirty_timestamp,
  asg_name,
};

struct FieldName {
  std::string_view name;
  Field field = Field::unknown;
};

inline constexpr std::array<FieldName, 24> field_names = {{
    {"instanceId", Field::instance_id},
    {"hostName", Field::host_name},
    {"app", Field::app},
    {"ipAddr", Field::ip_addr},
    {"sid", Field::sid},
    {"status", Field::status},
    {"overriddenStatus", Field::overridden_status},
    {"overriddenstatus", Field::overridden_status},  // what older servers and several clients write
    {"port", Field::port},
    {"securePort", Field::secure_port},
    {"countryId", Field::country_id},
    {"dataCenterInfo", Field::data_center_info},
    {"leaseInfo", Field::lease_info},
    {"metadata", Field::metadata},
    {"appGroupName", Field::app_group_name},
    {"homePageUrl", Field::home_page_url},
    {"statusPageUrl", Field::status_page_url},
    {"healthCheckUrl", Field::health_check_url},
    {"secureHealthCheckUrl", Field::secure_health_check_url},
    {"vipAddress", Field::vip_address},
    {"secureVipAddress", Field::secure_vip_address},
    {"isCoordinatingDiscoveryServer", Field::coordinating},
    {"lastDirtyTimestamp", Field::last_dirty_timestamp},
    {"asgName", Field::asg_name},
}};

/// A perfect hash over the names above: one comparison a key. fields_by_hash() checks it when compiled.
constexpr std::size_t field_hash(std::string_view name) {
  const auto at = [name](std::size_t i) { return static_cast<unsigned char>(name[i]); };
  return (name.size() + at(0) + at(name.size() * 2 / 3) * 13 + at(name.size() - 1) * 4) % 64;
}

consteval std::array<FieldName, 64> fields_by_hash() {
  std::array<FieldName, 64> table{};
  for (const FieldName& entry : field_names) {
    FieldName& slot = table[field_hash(entry.name)];
    if (!slot.name.empty()) throw "two field names share a hash; change the factors of field_hash()";
    slot = entry;
  }
  return table;
}

inline constexpr std::array<FieldName, 64> field_table = fields_by_hash();

constexpr Field find_field(std::string_view name) {
  if (name.empty()) return Field::unknown;
  const FieldName& slot = field_table[field_hash(name)];
  return slot.name == name ? slot.field : Field::unknown;
}

}  // namespace muster::eureka
