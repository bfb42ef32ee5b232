#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/unit/api/v1/fixture.hpp"

// The life of an instance on the native face: renewals, status, cancel and what comes late, metadata.
// Method: requests through the face over a real node whose clock the test moves.
using namespace muster;
using namespace muster::test;

namespace {

const std::string path = instance_path;

std::string type_of(const Answer& answer) {
  return json_of(answer)["type"].get<std::string>().substr(std::string("urn:muster:problem:").size());
}

}  // namespace

TEST_CASE("a renewal answers without a body and prolongs the lease") {
  Fixture fixture;
  fixture.put(path);
  fixture.registry.advance(std::chrono::seconds(80));
  const Answer answer = fixture.put(path + "/renew");
  CHECK(answer.status == 204);
  CHECK(answer.body.empty());
  CHECK(answer.content_type.empty());
  fixture.registry.advance(std::chrono::seconds(80));
  CHECK(fixture.get(path).status == 200);
  fixture.registry.advance(std::chrono::seconds(11));
  CHECK(fixture.get(path).status == 404);
}

TEST_CASE("a renewal of an unknown instance says to register") {
  Fixture fixture;
  const Answer answer = fixture.put(path + "/renew");
  CHECK(answer.status == 404);
  CHECK(type_of(answer) == "unknown-instance");
  CHECK(json_of(answer)["detail"].get<std::string>().find("register it with PUT") != std::string::npos);
}

TEST_CASE("many renewals at once have a result for each, in order") {
  Fixture fixture;
  fixture.put(path);
  fixture.put("/v1/services/billing/instances/gone");
  fixture.call("DELETE", "/v1/services/billing/instances/gone");
  const Answer answer = fixture.call("POST", "/v1/renew", R"({"instances": [
      {"service": "billing", "id": "gone"}, {"service": "ORDERS", "id": "a"}, {"id": "b", "service": "orders"}]})");
  CHECK(answer.status == 200);
  CHECK(json_of(answer) == Json::parse(R"({"results": [
      {"service": "billing", "id": "gone", "result": "cancelled"},
      {"service": "ORDERS", "id": "a", "result": "renewed"},
      {"service": "orders", "id": "b", "result": "unknown_instance"}]})"));
  CHECK(json_of(fixture.call("POST", "/v1/renew", R"({"instances": []})"))["results"].empty());
}

TEST_CASE("more renewals than the limit are refused whole") {
  Fixture fixture;
  fixture.settings.renew_batch_max = 2;
  fixture.face.reconfigure(fixture.settings);
  const std::string item = R"({"service": "a", "id": "b"})";
  const auto batch = [&](const std::string& items) {
    return fixture.call("POST", "/v1/renew", R"({"instances": [)" + items + "]}");
  };
  CHECK(batch(item + "," + item).status == 200);
  const Answer answer = batch(item + "," + item + "," + item);
  CHECK(answer.status == 413);
  CHECK(json_of(answer)["field"] == "instances");
}

TEST_CASE("an instance says what it is, and that is shown at once") {
  Fixture fixture;
  fixture.put(path, R"({"status": "STARTING"})");
  const Answer answer = fixture.put(path + "/status", R"({"status": "UP"})");
  CHECK(answer.status == 200);
  CHECK(json_of(answer)["status"] == "UP");
  CHECK(json_of(fixture.get("/v1/services/orders"))["instances"][0]["status"] == "UP");
  CHECK(fixture.put("/v1/services/orders/instances/b/status", R"({"status": "UP"})").status == 404);
}

TEST_CASE("a cancel fences what is late of the same incarnation, and not what is new") {
  Fixture fixture;
  fixture.put(path, R"({"incarnation": 5})");
  const Answer cancel = fixture.call("DELETE", path);
  CHECK(cancel.status == 204);
  CHECK(cancel.header("Muster-Acknowledged") == "w=1");
  CHECK(fixture.get(path).status == 404);
  CHECK(fixture.call("DELETE", path).status == 404);

  const Answer late = fixture.put(path, R"({"incarnation": 5})");
  CHECK(late.status == 410);
  CHECK(type_of(late) == "cancelled");
  CHECK(fixture.put(path + "/renew").status == 410);
  CHECK(fixture.put(path + "/status", R"({"status": "UP"})").status == 410);
  CHECK(fixture.put(path, R"({"incarnation": 6})").status == 201);
}

TEST_CASE("a registration without an incarnation is new after a cancel") {
  Fixture fixture;
  const auto first = json_of(fixture.put(path))["incarnation"].get<std::uint64_t>();
  fixture.call("DELETE", path);
  const Answer again = fixture.put(path);
  CHECK(again.status == 201);
  CHECK(json_of(again)["incarnation"].get<std::uint64_t>() > first);
}

TEST_CASE("the greatest incarnation that may be given leaves room for the next") {
  Fixture fixture;
  CHECK(fixture.put(path, R"({"incarnation": 4503599627370497})").status == 400);
  CHECK(fixture.put(path, R"({"incarnation": 4503599627370496})").status == 201);
  CHECK(fixture.call("DELETE", path).status == 204);
  CHECK(json_of(fixture.put(path))["incarnation"] == 4503599627370497);
}

TEST_CASE("an older incarnation changes nothing of a newer one") {
  Fixture fixture;
  fixture.put(path, R"({"incarnation": 6, "zone": "new"})");
  const Answer late = fixture.put(path, R"({"incarnation": 5, "zone": "old"})");
  CHECK(late.status == 409);
  CHECK(type_of(late) == "stale-incarnation");
  CHECK(fixture.call("DELETE", path + "?incarnation=5").status == 409);
  CHECK(fixture.put(path + "/status", R"({"status": "DOWN", "incarnation": 5})").status == 409);
  const Json document = json_of(fixture.get(path));
  CHECK(document["zone"] == "new");
  CHECK(document["status"] == "UP");
  CHECK(fixture.call("DELETE", path + "?incarnation=6").status == 204);
}

TEST_CASE("metadata is patched, survives registering again, and ends with a cancel") {
  Fixture fixture;
  fixture.put(path, R"({"metadata": {"version": "1", "owner": "checkout"}})");
  const Answer patched =
      fixture.call("PATCH", path + "/metadata", R"({"version": 2, "owner": null, "note": "slow", "absent": null})");
  CHECK(patched.status == 200);
  const Json expected = Json::parse(R"({"version": "2", "note": "slow"})");
  CHECK(json_of(patched)["metadata"] == expected);
  CHECK(json_of(fixture.put(path, R"({"metadata": {"version": "1", "owner": "checkout"}})"))["metadata"] == expected);
  fixture.call("DELETE", path);
  fixture.put(path, R"({"metadata": {"version": "3"}})");
  CHECK(json_of(fixture.get(path))["metadata"] == Json{{"version", "3"}});
  CHECK(fixture.call("PATCH", "/v1/services/orders/instances/b/metadata", "{}").status == 404);
}

TEST_CASE("patched metadata has a limit") {
  core::Settings settings = NodeRegistry::default_settings();
  settings.limits.overlay_entries = 1;
  Fixture fixture(settings);
  fixture.put(path);
  CHECK(fixture.call("PATCH", path + "/metadata", R"({"a": "1"})").status == 200);
  const Answer answer = fixture.call("PATCH", path + "/metadata", R"({"b": "1"})");
  CHECK(answer.status == 507);
  CHECK(json_of(answer)["limit"] == "limits.overlay_entries");
}
