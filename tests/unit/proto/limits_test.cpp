#include "proto/model/limits.hpp"

#include <catch2/catch.hpp>

using namespace muster::model;

// Goal: everything that a stranger can grow has an end, and the error says which field and what would be right.
// Method: for each limit the last value that passes and the first that does not.

namespace {

const InstanceLimits limits;

Instance an_instance() {
  Instance instance;
  instance.host_name = "n1.example";
  instance.address = "192.0.2.7";
  return instance;
}

}  // namespace

TEST_CASE("a service name is printable ASCII without separators") {
  for (const char* name : {"orders", "ORDERS", "a", "a b", "a<b&c", "a.b-c_d:8080"})
    CHECK_FALSE(check_service_name(name, limits));
  for (const char* name : {"", " a", "a ", "a/b", "a\\b", "a?b", "a#b", "a%b", "\xC3\x84pp", "a\tb", "a\x7f"}) {
    const auto error = check_service_name(name, limits);
    REQUIRE(error);
    CHECK(error->field == "service");
    CHECK_FALSE(error->too_large);
  }
}

TEST_CASE("a service name has a longest length") {
  CHECK_FALSE(check_service_name(std::string(limits.service_name_bytes, 'a'), limits));
  const auto error = check_service_name(std::string(limits.service_name_bytes + 1, 'a'), limits);
  REQUIRE(error);
  CHECK(error->too_large);
  CHECK(error->message == "is 256 bytes long; at most 255 are allowed");
}

TEST_CASE("an instance id is text without control characters") {
  for (const char* id : {"n1:orders:8080", " ", "a/b", "\xC3\xAF\x64-\xE2\x82\xAC", "a%b?c#d"})
    CHECK_FALSE(check_instance_id(id, limits));
  for (const char* id : {"", "a\nb", "a\x7f", "\xFF", "\xED\xA0\x80"}) {
    const auto error = check_instance_id(id, limits);
    REQUIRE(error);
    CHECK(error->field == "id");
  }
  CHECK_FALSE(check_instance_id(std::string(limits.instance_id_bytes, 'a'), limits));
  CHECK(check_instance_id(std::string(limits.instance_id_bytes + 1, 'a'), limits)->too_large);
}

TEST_CASE("every text of an instance is checked and named") {
  const std::pair<const char*, std::string Instance::*> texts[] = {
      {"host_name", &Instance::host_name},
      {"address", &Instance::address},
      {"zone", &Instance::zone},
      {"vip_address", &Instance::vip_address},
      {"secure_vip_address", &Instance::secure_vip_address},
      {"home_page_url", &Instance::home_page_url},
      {"status_page_url", &Instance::status_page_url},
      {"health_check_url", &Instance::health_check_url},
      {"secure_health_check_url", &Instance::secure_health_check_url},
      {"app_group", &Instance::app_group},
      {"asg_name", &Instance::asg_name},
      {"sid", &Instance::sid},
      {"data_center.name", &Instance::data_center},
  };
  for (const auto& [field, member] : texts) {
    Instance instance = an_instance();
    instance.*member = std::string(limits.field_bytes, 'x');
    CHECK_FALSE(check_instance(instance, limits));
    instance.*member += 'x';
    REQUIRE(check_instance(instance, limits));
    CHECK(check_instance(instance, limits)->field == field);
    CHECK(check_instance(instance, limits)->too_large);
    instance.*member = "a\x01";
    REQUIRE(check_instance(instance, limits));
    CHECK(check_instance(instance, limits)->field == field);
    instance.*member = "\xC0\xAF";
    CHECK(check_instance(instance, limits)->message.find("UTF-8") != std::string::npos);
  }
}

TEST_CASE("metadata may hold control characters, in keys and values") {
  Instance instance = an_instance();
  instance.metadata = {{"", "empty key"}, {"\x01", "control key"}, {"v", "\r\n\t\x7f"}};
  CHECK_FALSE(check_instance(instance, limits));
}

TEST_CASE("metadata is limited in keys, values, entries and altogether") {
  Instance instance = an_instance();
  instance.metadata = {{std::string(limits.metadata_key_bytes + 1, 'k'), "v"}};
  CHECK(check_instance(instance, limits)->field == "metadata");
  CHECK(check_instance(instance, limits)->too_large);

  instance.metadata = {{"owner", std::string(limits.metadata_value_bytes + 1, 'v')}};
  CHECK(check_instance(instance, limits)->field == "metadata.owner");
  CHECK(check_instance(instance, limits)->too_large);

  instance.metadata.clear();
  for (std::size_t i = 0; i < limits.metadata_entries; ++i) instance.metadata.emplace_back(std::to_string(i), "v");
  CHECK_FALSE(check_instance(instance, limits));
  instance.metadata.emplace_back("one more", "v");
  CHECK(check_instance(instance, limits)->field == "metadata");
  CHECK(check_instance(instance, limits)->too_large);

  instance.metadata.clear();
  for (int i = 0; i < 8; ++i) instance.metadata.emplace_back(std::to_string(i), std::string(4095, 'v'));
  CHECK_FALSE(check_instance(instance, limits));
  instance.data_center_metadata = {{"k", "v"}};
  CHECK(check_instance(instance, limits)->too_large);
}

TEST_CASE("one metadata entry is checked as a patch brings it") {
  CHECK_FALSE(check_metadata_entry("owner", "", limits));
  CHECK(check_metadata_entry("owner", "\xFF", limits)->field == "metadata.owner");
  CHECK(check_metadata_entry("\xFF", "x", limits)->field == "metadata");
}

TEST_CASE("an error never repeats a long or unprintable key") {
  const std::string huge(4097, 'v');
  CHECK(check_metadata_entry(std::string(65, 'k'), huge, limits)->field == "metadata");
  CHECK(check_metadata_entry("a\nb", huge, limits)->field == "metadata");
}

TEST_CASE("UTF-8 is what the standard says") {
  for (const char* good : {"", "a", "\xC3\xA4", "\xE2\x82\xAC", "\xF0\x9F\x98\x80"}) CHECK(valid_utf8(good));
  for (const char* bad : {"\x80", "\xC0\x80", "\xC3", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xFF"})
    CHECK_FALSE(valid_utf8(bad));
}
