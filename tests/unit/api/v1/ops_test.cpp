#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "server/api/ops/face.hpp"
#include "tests/unit/api/v1/fixture.hpp"

// The operators' face: health, readiness, metrics, the description and the front page.
using namespace muster;
using namespace muster::test;

namespace {

struct Ops {
  bool ready = true;
  api::ops::Face face{{.ready = [this] { return ready; },
                       .not_ready_reason = [] { return std::string("The node is draining."); },
                       .metrics = [](auto done) { done("muster_instances 1\n"); }}};

  Answer call(const std::string& method, const std::string& target) {
    return send(face, Call{.method = method, .target = target, .body = {}, .headers = {{"Host", "reg.example:8761"}}});
  }
};

}  // namespace

TEST_CASE("health is of the process, readiness of the service") {
  Ops ops;
  CHECK(ops.call("GET", "/healthz").status == 200);
  CHECK(ops.call("GET", "/readyz").status == 200);
  CHECK(ops.call("GET", "/readyz").header("Cache-Control") == "no-store");
  ops.ready = false;
  CHECK(ops.call("GET", "/healthz").status == 200);
  const Answer answer = ops.call("GET", "/readyz?verbose");
  CHECK(answer.status == 503);
  CHECK(answer.content_type == "application/problem+json");
  CHECK(json_of(answer)["detail"] == "The node is draining.");
}

TEST_CASE("metrics are in the text format that Prometheus reads") {
  Ops ops;
  const Answer answer = ops.call("GET", "/metrics");
  CHECK(answer.status == 200);
  CHECK(answer.content_type == "text/plain; version=0.0.4; charset=utf-8");
  CHECK(answer.body == "muster_instances 1\n");
}

TEST_CASE("the description of the native API is served, and names every route") {
  Ops ops;
  const Answer answer = ops.call("GET", "/openapi.json");
  CHECK(answer.status == 200);
  CHECK(answer.content_type == "application/json");
  const Json document = json_of(answer);
  CHECK(document["openapi"].get<std::string>().starts_with("3."));
  for (const char* path : {"/v1/services",
                           "/v1/services/{service}",
                           "/v1/services/{service}/instances",
                           "/v1/services/{service}/instances/{id}",
                           "/v1/services/{service}/instances/{id}/renew",
                           "/v1/services/{service}/instances/{id}/status",
                           "/v1/services/{service}/instances/{id}/drain",
                           "/v1/services/{service}/instances/{id}/metadata",
                           "/v1/renew",
                           "/v1/self-preservation",
                           "/v1/self-preservation/{kind}",
                           "/v1/self-preservation/{kind}/{name}",
                           "/v1/overrides",
                           "/v1/node",
                           "/v1/events",
                           "/healthz",
                           "/readyz",
                           "/metrics",
                           "/openapi.json",
                           "/"}) {
    INFO(path);
    CHECK(document["paths"].contains(path));
  }
  Call call{
      .method = "GET", .target = "/openapi.json", .body = {}, .headers = {{"If-None-Match", *answer.header("ETag")}}};
  CHECK(send(ops.face, call).status == 304);
}

TEST_CASE("the front page shows a command that works here") {
  Ops ops;
  const Answer answer = ops.call("GET", "/");
  CHECK(answer.status == 200);
  CHECK(answer.content_type == "text/plain; charset=utf-8");
  CHECK(answer.body.find("curl -X PUT    http://reg.example:8761/v1/services/demo/instances/a") != std::string::npos);
  Call call{.method = "GET", .target = "/", .body = {}, .headers = {{"Host", "a$(reboot)"}}};
  CHECK(send(ops.face, call).body.find("reboot") == std::string::npos);
}

TEST_CASE("other paths and methods are problems") {
  Ops ops;
  const Answer nowhere = ops.call("GET", "/favicon.ico");
  CHECK(nowhere.status == 404);
  CHECK(nowhere.content_type == "application/problem+json");
  const Answer post = ops.call("POST", "/metrics");
  CHECK(post.status == 405);
  CHECK(post.header("Allow") == "GET, HEAD, OPTIONS");
  CHECK(ops.call("OPTIONS", "/metrics").status == 204);
  CHECK(ops.call("HEAD", "/healthz").status == 200);
}
