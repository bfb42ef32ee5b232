#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/unit/api/v1/fixture.hpp"

// Registering on the native face: what is recorded of little, of everything, and what the answer says about it.
// Method: requests through the face over a real node, answers read as JSON.
using namespace muster;
using namespace muster::test;

TEST_CASE("an empty registration records the caller's address and says so") {
  Fixture fixture;
  const std::string body = GENERATE("", "{}", " \n", "\xEF\xBB\xBF{}");
  const Answer answer = fixture.put(instance_path, body);
  CHECK(answer.status == 201);
  CHECK(answer.content_type == "application/json");
  CHECK(answer.header("Location") == "/v1/services/orders/instances/a");
  CHECK(answer.header("Muster-Acknowledged") == "w=1");
  const Json document = json_of(answer);
  CHECK(document["service"] == "orders");
  CHECK(document["id"] == "a");
  CHECK(document["status"] == "UP");
  CHECK(document["address"] == "192.0.2.10");
  CHECK(document["host_name"] == "192.0.2.10");
  CHECK(document["port"].is_null());
  CHECK(document["secure_port"].is_null());
  CHECK(document["zone"].is_null());
  CHECK(document["override"].is_null());
  CHECK(document["vip_address"] == "orders");
  CHECK(document["secure_vip_address"] == "orders");
  CHECK(document["metadata"] == Json::object());
  CHECK(document["data_center"] == Json{{"name", "MyOwn"}});
  CHECK(document["lease"]["interval_s"] == 30);
  CHECK(document["lease"]["duration_s"] == 90);
  CHECK(document["lease"]["state"] == "ok");
  CHECK(document["lease"]["expires_in_ms"] == 90'000);
  CHECK(document["registered_at"] == "2025-10-09T08:53:20.000Z");
  CHECK(document["incarnation"].is_number_unsigned());
  CHECK_FALSE(document.contains("warnings"));
}

TEST_CASE("an address that came through an IPv6 socket is recorded as IPv4") {
  Fixture fixture;
  Call call{
      .method = "PUT", .target = instance_path, .body = "{}", .headers = {}, .caller_address = "::ffff:198.51.100.7"};
  CHECK(json_of(send(fixture.face, call))["address"] == "198.51.100.7");
}

TEST_CASE("a registration with every field is shown as it was sent") {
  Fixture fixture;
  const Json sent = Json::parse(R"({
    "address": "10.0.0.7", "host_name": "orders-7.example", "port": 8080, "disabled_secure_port": 8443, "zone": "a",
    "status": "STARTING", "metadata": {"version": "2", "owner": "checkout"}, "lease": {"interval_s": 10, "duration_s": 40},
    "vip_address": "orders,orders-eu", "secure_vip_address": "orders-secure", "home_page_url": "http://orders-7/",
    "status_page_url": "http://orders-7/info", "health_check_url": "http://orders-7/health",
    "secure_health_check_url": "https://orders-7/health", "app_group": "SHOP", "asg_name": "orders-asg", "sid": "s1",
    "country_id": 49, "data_center": {"name": "Amazon", "metadata": {"instance-id": "i-1", "availability-zone": "eu-1a"}},
    "incarnation": 1700000000000})");
  const Answer answer = fixture.put(instance_path, sent.dump());
  REQUIRE(answer.status == 201);
  const Json shown = json_of(answer);
  for (const auto& [name, value] : sent.items()) {
    INFO(name);
    if (name == "lease") {
      CHECK(shown["lease"]["interval_s"] == 10);
      CHECK(shown["lease"]["duration_s"] == 40);
    } else {
      CHECK(shown[name] == value);
    }
  }
  CHECK(shown["secure_port"].is_null());
  CHECK(shown["reported_status"] == "STARTING");

  SECTION("and a document that was read can be registered again as it is, as no change") {
    const auto revision = fixture.registry.node().service("orders")->revision;
    const Json read = json_of(fixture.get(instance_path));
    const Answer again = fixture.put(instance_path, read.dump());
    CHECK(again.status == 200);
    CHECK(json_of(again)["metadata"] == sent["metadata"]);
    CHECK(fixture.registry.node().service("orders")->revision == revision);
  }
  SECTION("and the list shows the same, without what every renewal changes") {
    const Json listed = json_of(fixture.get("/v1/services/orders"))["instances"][0];
    for (const auto& [name, value] : sent.items())
      if (name != "lease") CHECK(listed[name] == value);
    CHECK(listed["lease"] == Json{{"interval_s", 10}, {"duration_s", 40}, {"state", "ok"}});
  }
}

TEST_CASE("ports are numbers, objects or nothing") {
  Fixture fixture;
  const auto ports = [&](const std::string& body) {
    const Answer answer = fixture.put(instance_path, body);
    INFO(answer.body);
    REQUIRE(answer.status < 300);
    const Json document = json_of(answer);
    return Json{document["port"], document.value("disabled_port", Json()), document["secure_port"],
                document.value("disabled_secure_port", Json())};
  };
  CHECK(ports(R"({"port": 8080})") == Json::parse("[8080, null, null, null]"));
  CHECK(ports(R"({"port": 8080.0})") == Json::parse("[8080, null, null, null]"));
  CHECK(ports(R"({"port": {"number": 8080}, "secure_port": 443})") == Json::parse("[8080, null, 443, null]"));
  CHECK(ports(R"({"port": {"number": 8080, "enabled": false}})") == Json::parse("[null, 8080, null, null]"));
  CHECK(ports(R"({"secure_port": {"enabled": false, "number": 8443}})") == Json::parse("[null, null, null, 8443]"));
  CHECK(ports(R"({"port": null, "disabled_port": 8080})") == Json::parse("[null, 8080, null, null]"));
  CHECK(ports(R"({"port": {}})") == Json::parse("[null, null, null, null]"));
}

TEST_CASE("the port stands in for itself at the end of an id") {
  Fixture fixture;
  const auto port = [&](const std::string& id, const std::string& body) {
    return json_of(fixture.put("/v1/services/orders/instances/" + id, body))["port"];
  };
  CHECK(port("10.0.0.7:8080", "{}") == 8080);
  CHECK(port("host:orders:9000", "{}") == 9000);
  CHECK(port("%5B2001:db8::7%5D:8080", "{}") == 8080);
  CHECK(port("10.0.0.7:8080", R"({"port": 1234})") == 1234);
  CHECK(port("10.0.0.7:8080", R"({"port": null})").is_null());
  CHECK(port("2001:db8::7", "{}").is_null());
  CHECK(port("a:", "{}").is_null());
  CHECK(port("a:0", "{}").is_null());
  CHECK(port("a:70000", "{}").is_null());
  CHECK(port("a:80x", "{}").is_null());
}

TEST_CASE("an id that looks like another address than the one recorded is pointed out") {
  Fixture fixture;
  const auto target = "/v1/services/orders/instances/10.0.0.7:8080";
  const Json document = json_of(fixture.put(target, "{}"));
  CHECK(document["address"] == "192.0.2.10");
  REQUIRE(document.contains("warnings"));
  CHECK(document["warnings"][0].get<std::string>().find("10.0.0.7") != std::string::npos);
  CHECK_FALSE(json_of(fixture.put(target, R"({"address": "10.0.0.7"})")).contains("warnings"));
}

TEST_CASE("a lease shorter than two intervals is raised, and shown") {
  Fixture fixture;
  const Json document = json_of(fixture.put(instance_path, R"({"lease": {"interval_s": 30, "duration_s": 40}})"));
  CHECK(document["lease"]["duration_s"] == 60);
  REQUIRE(document.contains("warnings"));
  CHECK(document["warnings"][0].get<std::string>().starts_with("lease.duration_s was raised to 60"));
}

TEST_CASE("a lease longer than the node gives is cut, and shown") {
  Fixture fixture;
  const std::string lease = GENERATE(R"({"duration_s": 1000000})", R"({"interval_s": 900000, "duration_s": 1000000})");
  const Json document = json_of(fixture.put(instance_path, R"({"lease": )" + lease + "}"));
  CHECK(document["lease"]["duration_s"] == 86'400);
  REQUIRE(document.contains("warnings"));
  CHECK(document["warnings"][0].get<std::string>().starts_with("lease.duration_s was cut to 86400"));
}

TEST_CASE("metadata keeps text as it is, and numbers and booleans as text") {
  Fixture fixture;
  const Json document = json_of(fixture.put(
      instance_path,
      R"({"metadata": {"text": "a\u0001\"\\\u00e9", "whole": 12, "part": 1.5, "yes": true, "": "empty"}})"));
  CHECK(document["metadata"] ==
        Json::parse(R"({"text": "a\u0001\"\\\u00e9", "whole": "12", "part": "1.5", "yes": "true", "": "empty"})"));
}

TEST_CASE("a service is one, whatever the case that it is written in") {
  Fixture fixture;
  CHECK(fixture.put("/v1/services/Orders/instances/a").status == 201);
  CHECK(fixture.put("/v1/services/ORDERS/instances/a").status == 200);
  CHECK(json_of(fixture.get("/v1/services/orders"))["service"] == "orders");
}

TEST_CASE("the server picks an id for a POST") {
  Fixture fixture;
  const std::string target = "/v1/services/orders/instances";

  SECTION("of address and port, so that a request sent twice is one instance") {
    const Answer first = fixture.call("POST", target, R"({"port": 8080})");
    CHECK(first.status == 201);
    CHECK(json_of(first)["id"] == "192.0.2.10:8080");
    CHECK(first.header("Location") == "/v1/services/orders/instances/192.0.2.10%3A8080");
    CHECK(fixture.call("POST", target, R"({"port": 8080})").status == 200);
  }
  SECTION("with an IPv6 address in brackets") {
    const Answer answer = fixture.call("POST", target, R"({"address": "2001:db8::7", "port": 8080})");
    CHECK(json_of(answer)["id"] == "[2001:db8::7]:8080");
  }
  SECTION("at random where there is no port") {
    const std::string first = json_of(fixture.call("POST", target))["id"];
    const std::string second = json_of(fixture.call("POST", target))["id"];
    CHECK(first.size() == 32);
    CHECK(first != second);
  }
  SECTION("and takes none from the body") {
    const Answer answer = fixture.call("POST", target, R"({"id": "mine"})");
    CHECK(answer.status == 400);
    CHECK(json_of(answer)["field"] == "id");
  }
}

TEST_CASE("a limit of the node answers 507 and names its key") {
  core::Settings settings = NodeRegistry::default_settings();
  settings.limits.instances = 1;
  Fixture fixture(settings);
  CHECK(fixture.put(instance_path).status == 201);
  const Answer answer = fixture.put("/v1/services/orders/instances/b");
  CHECK(answer.status == 507);
  CHECK(json_of(answer)["limit"] == "limits.instances");
}
