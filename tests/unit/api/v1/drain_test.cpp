#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/unit/api/v1/fixture.hpp"

// What operators do on the native face: drains, and holds of self-preservation. Method: requests through the face over
// a real node whose clock the test moves.
using namespace muster;
using namespace muster::test;

namespace {

const std::string path = instance_path;

}  // namespace

TEST_CASE("a drain shows OUT_OF_SERVICE with who and why, and undoes cleanly") {
  Fixture fixture;
  fixture.put(path);
  const Answer drained = fixture.put(path + "/drain", R"({"reason": "new kernel", "by": "ann"})");
  CHECK(drained.status == 200);
  CHECK(json_of(drained)["status"] == "OUT_OF_SERVICE");
  CHECK(json_of(drained)["reported_status"] == "UP");
  CHECK(json_of(drained)["override"] ==
        Json::parse(R"({"value": "OUT_OF_SERVICE", "reason": "new kernel", "by": "ann", "until": null})"));
  fixture.put(path, "{}");
  CHECK(json_of(fixture.get(path))["status"] == "OUT_OF_SERVICE");
  const Answer undrained = fixture.call("DELETE", path + "/drain");
  CHECK(undrained.status == 200);
  CHECK(json_of(undrained)["status"] == "UP");
  CHECK(json_of(undrained)["override"].is_null());
}

TEST_CASE("a drain without a name is by the caller, and what the instance says of itself counts more") {
  Fixture fixture;
  fixture.put(path);
  CHECK(json_of(fixture.put(path + "/drain"))["override"]["by"] == "192.0.2.10");
  CHECK(json_of(fixture.put(path + "/status", R"({"status": "DOWN"})"))["status"] == "DOWN");
}

TEST_CASE("a drain ends by itself") {
  Fixture fixture;
  fixture.put(path);
  const Json drained = json_of(fixture.put(path + "/drain", R"({"ttl_s": 60})"));
  CHECK(drained["override"]["until"] == "2025-10-09T08:54:20.000Z");
  fixture.registry.advance(std::chrono::seconds(59));
  CHECK(json_of(fixture.get(path))["status"] == "OUT_OF_SERVICE");
  fixture.registry.advance(std::chrono::seconds(2));
  CHECK(json_of(fixture.get(path))["status"] == "UP");
}

TEST_CASE("a drain outlives its instance, is listed, and can be taken back meanwhile") {
  Fixture fixture;
  fixture.put(path);
  fixture.put(path + "/drain", R"({"reason": "disk"})");
  fixture.call("DELETE", path);
  const Json listed = json_of(fixture.get("/v1/overrides"))["overrides"];
  REQUIRE(listed.size() == 1);
  CHECK(listed[0]["service"] == "orders");
  CHECK(listed[0]["id"] == "a");
  CHECK(listed[0]["reason"] == "disk");

  SECTION("registered again it is still drained") {
    CHECK(json_of(fixture.put(path))["status"] == "OUT_OF_SERVICE");
    CHECK(json_of(fixture.get("/v1/overrides"))["overrides"].empty());
  }
  SECTION("taken back it is not") {
    CHECK(fixture.call("DELETE", path + "/drain").status == 204);
    CHECK(json_of(fixture.put(path))["status"] == "UP");
  }
}

TEST_CASE("who never registered cannot be drained") {
  Fixture fixture;
  CHECK(fixture.put(path + "/drain").status == 404);
  CHECK(fixture.call("DELETE", path + "/drain").status == 404);
}

TEST_CASE("a hold is listed with its reason, and an operator ends it") {
  Fixture fixture;
  const auto target = [](int i) { return "/v1/services/orders/instances/i" + std::to_string(i); };
  for (int i = 0; i < 40; ++i) fixture.put(target(i), R"({"address": "10.0.0.1"})");
  // Most go on renewing; ten stop at once, which looks like a fault of the network.
  for (int round = 0; round < 4; ++round) {
    fixture.registry.advance(std::chrono::seconds(25));
    for (int i = 10; i < 40; ++i) fixture.put(target(i) + "/renew");
  }
  const Json view = json_of(fixture.get("/v1/self-preservation"));
  CHECK(view["enabled"] == true);
  REQUIRE(view["holds"].size() >= 1);
  const Json hold = view["holds"][0];
  CHECK_FALSE(hold["reason"].get<std::string>().empty());
  CHECK(hold["failing"] == 10);
  CHECK(json_of(fixture.get(target(0)))["lease"]["state"] == "held");

  for (const Json& held : view["holds"]) {
    const std::string kind = held["kind"];
    const std::string name = held["name"];
    const std::string hold_path = "/v1/self-preservation/" + kind + (name.empty() ? "" : "/" + name);
    INFO(hold_path);
    CHECK(fixture.call("DELETE", hold_path).status == 204);
  }
  fixture.registry.advance(std::chrono::seconds(20));
  for (int i = 10; i < 40; ++i) fixture.put(target(i) + "/renew");
  fixture.registry.advance(std::chrono::seconds(20));
  CHECK(fixture.get(target(0)).status == 404);
  CHECK(fixture.get(target(39)).status == 200);
}

TEST_CASE("a hold that does not exist cannot be ended") {
  Fixture fixture;
  const std::string target =
      GENERATE("service/orders", "subnet/10.0.0.0%2F24", "subnet/10.0.0.0/24", "zone/a", "all", "rack/7");
  const Answer answer = fixture.call("DELETE", "/v1/self-preservation/" + target);
  CHECK(answer.status == 404);
  CHECK(json_of(answer)["type"] == "urn:muster:problem:unknown-hold");
}
