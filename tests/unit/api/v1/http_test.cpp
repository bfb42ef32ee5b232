#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "server/api/content.hpp"
#include "tests/unit/api/v1/fixture.hpp"

// What HTTP asks of the native face: paths, methods, content types, encodings, origins, `w`. Method: requests through
// the face over a real node.
using namespace muster;
using namespace muster::test;

namespace {

Answer put_with(Fixture& fixture, const std::string& body, std::vector<std::pair<std::string, std::string>> headers) {
  Call call{.method = "PUT", .target = instance_path, .body = body, .headers = std::move(headers)};
  return send(fixture.face, call);
}

}  // namespace

TEST_CASE("a path that leads nowhere is a problem") {
  Fixture fixture;
  const std::string target =
      GENERATE("/v1", "/v1/", "/v1/service", "/v1/services/a/b", "/v1/services/a/instances/b/c",
               "/v1/services/a/instances/b/renew/d", "/v1/renew/a", "/v1/node/a", "/v1/events/a");
  INFO(target);
  const Answer answer = fixture.get(target);
  CHECK(answer.status == 404);
  CHECK(answer.content_type == "application/problem+json");
  CHECK(json_of(answer)["type"] == "urn:muster:problem:no-such-path");
}

TEST_CASE("what comes later says so") {
  Fixture fixture;
  const std::string target = GENERATE("/v1/watch", "/v1/watch?service=a");
  const Answer answer = fixture.get(target);
  CHECK(answer.status == 404);
  CHECK(json_of(answer)["type"] == "urn:muster:problem:not-available");
}

TEST_CASE("a method that a resource does not have is answered with those that it has") {
  Fixture fixture;
  const auto [method, target, allowed] = GENERATE(table<std::string, std::string, std::string>({
      {"POST", "/v1/services", "GET, HEAD, OPTIONS"},
      {"DELETE", "/v1/services/orders", "GET, HEAD, OPTIONS"},
      {"GET", "/v1/services/orders/instances", "POST, OPTIONS"},
      {"PATCH", "/v1/services/orders/instances/a", "GET, HEAD, PUT, DELETE, OPTIONS"},
      {"GET", "/v1/services/orders/instances/a/renew", "PUT, OPTIONS"},
      {"POST", "/v1/services/orders/instances/a/status", "PUT, OPTIONS"},
      {"GET", "/v1/services/orders/instances/a/drain", "PUT, DELETE, OPTIONS"},
      {"PUT", "/v1/services/orders/instances/a/metadata", "PATCH, OPTIONS"},
      {"GET", "/v1/renew", "POST, OPTIONS"},
      {"PUT", "/v1/node", "GET, HEAD, OPTIONS"},
      {"DELETE", "/v1/events", "GET, HEAD, OPTIONS"},
      {"GET", "/v1/self-preservation/all", "DELETE, OPTIONS"},
      {"TRACE", "/v1/services", "GET, HEAD, OPTIONS"},
      {"UT", "/v1/services/orders/instances/a", "GET, HEAD, PUT, DELETE, OPTIONS"},
  }));
  INFO(method << " " << target);
  const Answer answer = fixture.call(method, target);
  CHECK(answer.status == 405);
  CHECK(answer.header("Allow") == allowed);
  CHECK(answer.content_type == "application/problem+json");
  const Answer options = fixture.call("OPTIONS", target);
  CHECK(options.status == 204);
  CHECK(options.header("Allow") == allowed);
}

TEST_CASE("every id can be addressed") {
  Fixture fixture;
  const auto [encoded, id] = GENERATE(table<std::string, std::string>({
      {"http%3A%2F%2Fhost%2Fa", "http://host/a"},
      {"a;b=c", "a;b=c"},
      {"a+b", "a+b"},
      {"a%20b", "a b"},
      {"%c3%A9", "\xC3\xA9"},
      {"%3C%26%3E%22", "<&>\""},
      {"a%25b%3F%23", "a%b?#"},
      {"..", ".."},
      {"renew", "renew"},
  }));
  const std::string target = "/v1/services/orders/instances/" + encoded;
  INFO(target);
  CHECK(json_of(fixture.put(target))["id"] == id);
  CHECK(json_of(fixture.get(target))["id"] == id);
  CHECK(fixture.put(target + "/renew").status == 204);
  CHECK(fixture.put(target + "/drain/").status == 200);
  const auto location = fixture.put(target, "{}").header("Content-Location");
  REQUIRE(location);
  CHECK(json_of(fixture.get(*location))["id"] == id);
  CHECK(fixture.call("DELETE", target).status == 204);
}

TEST_CASE("names that cannot be are refused with what is wrong") {
  Fixture fixture;
  const auto [target, field] = GENERATE(table<std::string, std::string>({
      {"/v1/services/a%2Fb/instances/c", "service"},
      {"/v1/services/%20a/instances/c", "service"},
      {"/v1/services/caf%C3%A9/instances/c", "service"},
      {"/v1/services//instances/c", "service"},
      {"/v1/services/a/instances//renew", "id"},
      {"/v1/services/a/instances/%00", "id"},
      {"/v1/services/a/instances/%FF", "id"},
      {"/v1/services/a/instances/a%0Ab", "id"},
      {"/v1/services/a/instances/%zz", "path"},
      {"/v1/services/a/instances/b?w=%z", "query"},
  }));
  INFO(target);
  const Answer answer = fixture.put(target);
  CHECK(answer.status == 400);
  CHECK(json_of(answer)["field"] == field);
  CHECK(fixture.put("/v1/services/" + std::string(256, 's') + "/instances/a").status == 400);
  CHECK(fixture.put("/v1/services/a/instances/" + std::string(513, 'i')).status == 400);
}

TEST_CASE("a target may be absolute, and slashes before it double") {
  Fixture fixture;
  CHECK(fixture.put("http://muster.example:8761/v1/services/orders/instances/a").status == 201);
  CHECK(fixture.get("//v1/services/orders/instances/a").status == 200);
}

TEST_CASE("JSON is taken by every name that it goes by") {
  Fixture fixture;
  const std::string type =
      GENERATE("", "application/json", "Application/JSON; charset=utf-8", "application/merge-patch+json",
               "application/vnd.muster+json", "application/x-www-form-urlencoded");
  CHECK(put_with(fixture, "{}", {{"Content-Type", type}}).status == 201);
}

TEST_CASE("what calls itself something else than JSON is refused") {
  Fixture fixture;
  const std::string type =
      GENERATE("text/plain", "application/xml", "json", "+json", "multipart/form-data; boundary=x");
  const Answer answer = put_with(fixture, "{}", {{"Content-Type", type}});
  CHECK(answer.status == 415);
  CHECK(json_of(answer)["field"] == "Content-Type");
  CHECK(put_with(fixture, "", {{"Content-Type", type}}).status == 201);
}

TEST_CASE("bodies may be compressed, within the limit") {
  Fixture fixture;
  const auto gzipped = [&](const std::string& body) {
    return put_with(fixture, api::gzip(body), {{"Content-Encoding", "gzip"}});
  };
  CHECK(json_of(gzipped(R"({"zone": "z"})"))["zone"] == "z");
  const Answer bomb = gzipped(std::string(2 << 20, ' '));
  CHECK(bomb.status == 413);
  CHECK(json_of(bomb)["limit"] == "http.inflated_body_bytes");
  const Answer broken = put_with(fixture, "{}", {{"Content-Encoding", "gzip"}});
  CHECK(broken.status == 400);
  CHECK(json_of(broken)["field"] == "body");
  const Answer unknown = put_with(fixture, "{}", {{"Content-Encoding", "br"}});
  CHECK(unknown.status == 415);
  CHECK(json_of(unknown)["field"] == "Content-Encoding");
}

TEST_CASE("a node that has not got the state of the others lists nothing and takes writes") {
  core::Settings settings = NodeRegistry::default_settings();
  settings.peers = 2;
  Fixture fixture(settings);
  CHECK(fixture.put(instance_path).status == 201);
  for (const std::string target : {"/v1/services", "/v1/services/orders", instance_path}) {
    INFO(target);
    const Answer answer = fixture.get(target);
    CHECK(answer.status == 503);
    CHECK(answer.header("Retry-After") == "1");
    CHECK(json_of(answer)["type"] == "urn:muster:problem:not-ready");
  }
  for (const std::string target : {"/v1/node", "/v1/peers", "/v1/diff", "/v1/self-preservation"}) {
    INFO(target);
    CHECK(fixture.get(target).status == 200);
  }
  CHECK(fixture.put(std::string(instance_path) + "/renew").status == 204);
  CHECK(fixture.put("/v1/services/orders/instances/unknown/renew").status == 503);
  CHECK(fixture.call("DELETE", "/v1/services/orders/instances/unknown").status == 503);
  fixture.registry.advance(std::chrono::seconds(4));  // nobody can be reached
  CHECK(fixture.get("/v1/services").status == 200);
  CHECK(fixture.put("/v1/services/orders/instances/unknown/renew").status == 404);
}

TEST_CASE("a write says how many nodes have it") {
  Fixture fixture;
  const std::string path = instance_path;
  CHECK(fixture.put(path + "?w=1").header("Muster-Acknowledged") == "w=1");
  CHECK(fixture.put(path + "?w=2").header("Muster-Acknowledged") == R"(w=1; requested=2; reason="no peers")");
  CHECK(fixture.put(path + "/drain?w=2").header("Muster-Acknowledged") == R"(w=1; requested=2; reason="no peers")");
  CHECK(fixture.call("PATCH", path + "/metadata?w=1").header("Muster-Acknowledged") == "w=1");
  const auto [query, field] = GENERATE(table<std::string, std::string>(
      {{"w=3", "w"}, {"w=", "w"}, {"w=all", "w"}, {"W=1", "W"}, {"x=1", "x"}, {"incarnation=1", "incarnation"}}));
  const Answer answer = fixture.put(path + "?" + query);
  CHECK(answer.status == 400);
  CHECK(json_of(answer)["field"] == field);
  CHECK(json_of(answer)["in"] == "query");
}

TEST_CASE("the incarnation of a cancel is a number") {
  Fixture fixture;
  fixture.put(instance_path);
  const std::string value = GENERATE("", "0", "-1", "x", "1x", "9007199254740993", "99999999999999999999");
  const Answer answer = fixture.call("DELETE", std::string(instance_path) + "?incarnation=" + value);
  CHECK(answer.status == 400);
  CHECK(json_of(answer)["field"] == "incarnation");
}

TEST_CASE("a page of another site cannot make a browser write here") {
  Fixture fixture;
  const std::pair<std::string, std::string> host{"Host", "muster.example:8761"};
  CHECK(put_with(fixture, "{}", {host, {"Origin", "https://evil.example"}}).status == 403);
  CHECK(put_with(fixture, "{}", {host, {"Origin", "null"}}).status == 403);
  CHECK(fixture.registry.node().service("orders") == nullptr);
  CHECK(put_with(fixture, "{}", {host, {"Origin", "http://muster.example:8761"}}).status == 201);
  CHECK(put_with(fixture, "{}", {host}).status == 200);
}
