#pragma once

#include <string>
#include <vector>

#include "proto/eureka/write.hpp"

// Instances to write, each with what it needs to stay alive.
namespace muster::test {

class Sample {
 public:
  explicit Sample(model::Instance instance, std::string app = "ORDERS", std::string id = "w1:orders:8080")
      : payload_(model::pack(instance)), app_(std::move(app)), id_(std::move(id)) {}

  /// Views into this object, which must outlive them.
  eureka::InstanceOut out() {
    model::unpack(*payload_, view_);
    eureka::InstanceOut out;
    out.app = app_;
    out.id = id_;
    out.payload = &view_;
    out.metadata = view_.metadata;
    out.lease = {10, 30};
    out.registered_ms = 1770000000000;
    out.renewed_ms = 1770000020000;
    out.up_since_ms = 1770000000000;
    out.updated_ms = 1770000000001;
    out.dirty_ms = 1769999999990;
    out.action = "ADDED";
    return out;
  }

 private:
  model::Payload payload_;
  model::PayloadView view_;
  std::string app_;
  std::string id_;
};

/// As a Spring client registers it.
inline model::Instance spring_instance() {
  model::Instance instance;
  instance.host_name = "w1.example";
  instance.address = "192.0.2.7";
  instance.port = {8080, true};
  instance.secure_port = {443, false};
  instance.home_page_url = "http://w1.example:8080/";
  instance.status_page_url = "http://w1.example:8080/actuator/info";
  instance.health_check_url = "http://w1.example:8080/actuator/health";
  instance.vip_address = "orders";
  instance.secure_vip_address = "orders";
  instance.metadata = {{"management.port", "8080"}, {"zone", "east"}};
  return instance;
}

/// With nothing that could be left out.
inline model::Instance bare_instance() {
  model::Instance instance;
  instance.id_given = false;
  instance.host_name = "w2.example";
  instance.address = "192.0.2.8";
  return instance;
}

inline model::Instance full_instance() {
  model::Instance instance = spring_instance();
  instance.secure_health_check_url = "https://w1.example/health";
  instance.app_group = "SHOP";
  instance.asg_name = "orders-asg";
  instance.sid = "s1";
  instance.country_id = 49;
  instance.data_center = "Netflix";
  return instance;
}

inline model::Instance amazon_instance() {
  model::Instance instance = bare_instance();
  instance.host_name = "ec2-w3.example";
  instance.data_center = "Amazon";
  instance.data_center_metadata = {
      {"instance-id", "i-0cafe"}, {"ami-id", "ami-1"}, {"availability-zone", "eu-1b"}, {"local-ipv4", "192.0.2.8"}};
  return instance;
}

/// Everything that has broken a reader of other servers.
inline model::Instance odd_instance() {
  model::Instance instance = spring_instance();
  instance.home_page_url = "http://w1.example/?a=1&b=<2>\"'\\";
  instance.data_center = "Custom";
  instance.metadata = {{"", "no name in XML"},
                       {"a:b", "unbound prefix"},
                       {"A_B $1", "escapes"},
                       {"1st", "digit"},
                       {"\x01", "control key"},
                       {"control", "\x01\x1f\x7f\r\n"},
                       {"\xC3\xBC", "\xE2\x82\xAC \xF0\x9F\x98\x80"},
                       {"\xE2\x82\xAC", "\xEF\xBF\xBE"},
                       {"bad", "\xFF\xC3(\xED\xA0\x80"},
                       {"spaces", "  x  "},
                       {"@class", "java.lang.Runtime"}};
  return instance;
}

}  // namespace muster::test
