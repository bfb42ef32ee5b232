#include "proto/model/payload.hpp"

#include <catch2/catch.hpp>
#include <limits>

using namespace muster::model;

// Goal: packing loses nothing, equal instances are equal bytes, and damaged bytes are noticed, not followed.
// Method: an instance with every field set, then its bytes cut and changed at every place.

namespace {

Instance with_every_field() {
  Instance instance;
  instance.id_given = false;
  instance.coordinating = true;
  instance.host_name = "n1.example";
  instance.address = "192.0.2.7";
  instance.zone = "east";
  instance.port = {8080, false};
  instance.secure_port = {65535, true};
  instance.vip_address = "orders,orders-canary";
  instance.secure_vip_address = "orders-tls";
  instance.home_page_url = "http://n1.example/";
  instance.status_page_url = "http://n1.example/info";
  instance.health_check_url = "http://n1.example/health";
  instance.secure_health_check_url = "https://n1.example/health";
  instance.app_group = "SHOP";
  instance.asg_name = "orders-asg";
  instance.sid = "s1";
  instance.country_id = -7;
  instance.data_center = "Amazon";
  instance.data_center_metadata = {{"instance-id", "i-7"}, {"availability-zone", "eu-1b"}};
  instance.metadata = {{"b", "2"}, {"a", ""}, {"", std::string(300, 'x')}, {std::string("nul\0key", 7), "v"}};
  return instance;
}

}  // namespace

TEST_CASE("an instance survives packing with every field") {
  const Instance instance = with_every_field();
  CHECK(to_instance(*pack(instance)) == instance);
}

TEST_CASE("an empty instance survives packing") {
  Instance instance;
  CHECK(to_instance(*pack(instance)) == instance);
  instance.country_id = std::numeric_limits<std::int32_t>::min();
  instance.data_center.clear();
  CHECK(to_instance(*pack(instance)) == instance);
}

TEST_CASE("equal instances are equal bytes, others are not") {
  CHECK(*pack(with_every_field()) == *pack(with_every_field()));
  Instance other = with_every_field();
  std::swap(other.metadata[0], other.metadata[1]);
  CHECK(*pack(other) != *pack(with_every_field()));
}

TEST_CASE("a view shows what was packed and can be used again") {
  const Payload full = pack(with_every_field());
  const Payload empty = pack(Instance{});
  PayloadView view;
  REQUIRE(unpack(*full, view));
  CHECK(view.host_name == "n1.example");
  CHECK(view.metadata.size() == 4);
  CHECK(view.metadata[0] == std::pair<std::string_view, std::string_view>("b", "2"));
  REQUIRE(unpack(*empty, view));
  CHECK(view.host_name.empty());
  CHECK(view.metadata.empty());
  CHECK(view.data_center_metadata.empty());
  CHECK(view.port == Port{7001, true});
}

TEST_CASE("damaged bytes are refused or read as something else, never followed out of bounds") {
  const std::string bytes = *pack(with_every_field());
  PayloadView view;
  for (std::size_t size = 0; size < bytes.size(); ++size) unpack(std::string(bytes.data(), size), view);
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (const int flip : {0x01, 0x40, 0x80, 0xff}) {
      std::string damaged = bytes;
      damaged[at] = static_cast<char>(damaged[at] ^ flip);
      unpack(damaged, view);
    }
  }
  CHECK_FALSE(unpack("", view));
  CHECK_FALSE(unpack(std::string_view("\x02", 1), view));
  CHECK_FALSE(unpack(std::string_view("\x01\x63\x00", 3), view));
  CHECK_FALSE(unpack(std::string_view("\x01\x05\x7f", 3), view));
}

TEST_CASE("the zone is the native one, else the metadata's, else Amazon's") {
  PayloadView view;
  Instance instance = with_every_field();
  const auto zone = [&] {
    const Payload payload = pack(instance);
    REQUIRE(unpack(*payload, view));
    return std::string(effective_zone(view));
  };
  instance.metadata = {{"zone", "meta"}};
  CHECK(zone() == "east");
  instance.zone.clear();
  CHECK(zone() == "meta");
  instance.metadata.clear();
  CHECK(zone() == "eu-1b");
  instance.data_center_metadata.clear();
  CHECK(zone().empty());
}
