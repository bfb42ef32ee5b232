#include <zlib.h>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <set>
#include <string>

#include "tests/unit/api/v1/fixture.hpp"

// Reading on the native face: lists, filters, tags, compression. Method: requests through the face over a real node.
using namespace muster;
using namespace muster::test;

namespace {

std::string inflated(const std::string& gzip) {
  z_stream stream{};
  REQUIRE(inflateInit2(&stream, 16 + MAX_WBITS) == Z_OK);
  std::string input = gzip;
  stream.next_in = reinterpret_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
  std::string out(10'000'000, '\0');
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  REQUIRE(inflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return out;
}

std::set<std::string> ids(const Answer& answer) {
  std::set<std::string> out;
  const Json document = json_of(answer);
  for (const Json& instance : document["instances"]) out.insert(instance["id"].get<std::string>());
  return out;
}

Answer get_with(Fixture& fixture, const std::string& target, const std::string& header, const std::string& value,
                const std::string& method = "GET") {
  Call call{.method = method, .target = target, .body = {}, .headers = {{header, value}}};
  return send(fixture.face, call);
}

void add(Fixture& fixture, const std::string& id, const std::string& body) {
  REQUIRE(fixture.put("/v1/services/orders/instances/" + id, body).status == 201);
}

}  // namespace

TEST_CASE("a service that nobody registered is a problem, and not an empty list") {
  Fixture fixture;
  const Answer answer = fixture.get("/v1/services/orders");
  CHECK(answer.status == 404);
  CHECK(json_of(answer)["type"] == "urn:muster:problem:unknown-service");
}

TEST_CASE("services are listed with their counts") {
  Fixture fixture;
  add(fixture, "a", "{}");
  add(fixture, "b", R"({"status": "DOWN"})");
  fixture.put("/v1/services/billing/instances/x");
  const Json document = json_of(fixture.get("/v1/services"));
  CHECK(document["instances"] == 3);
  CHECK(document["statuses"] == Json{{"UP", 2}, {"DOWN", 1}});
  REQUIRE(document["services"].size() == 2);
  CHECK(document["services"][0]["name"] == "billing");
  CHECK(document["services"][1]["name"] == "orders");
  CHECK(document["services"][1]["instances"] == 2);
  CHECK(document["services"][1]["hash"] == json_of(fixture.get("/v1/services/orders"))["hash"]);
}

TEST_CASE("filters pick by visible status, effective zone and metadata") {
  Fixture fixture;
  add(fixture, "a", R"({"zone": "z1", "metadata": {"version": "1", "blue": "yes"}})");
  add(fixture, "b", R"({"metadata": {"zone": "z2", "version": "2"}})");
  add(fixture, "c", R"({"status": "DOWN", "metadata": {"version": "2", "a b&c": "d=e"}})");
  add(fixture, "d", R"({"zone": "z1"})");
  fixture.put("/v1/services/orders/instances/d/drain");
  const std::string path = "/v1/services/orders";
  using Ids = std::set<std::string>;
  CHECK(ids(fixture.get(path)) == Ids{"a", "b", "c", "d"});
  CHECK(ids(fixture.get(path + "?status=UP")) == Ids{"a", "b"});
  CHECK(ids(fixture.get(path + "?status=UP&status=DOWN")) == Ids{"a", "b", "c"});
  CHECK(ids(fixture.get(path + "?status=OUT_OF_SERVICE")) == Ids{"d"});
  CHECK(ids(fixture.get(path + "?zone=z1")) == Ids{"a", "d"});
  CHECK(ids(fixture.get(path + "?zone=z2")) == Ids{"b"});
  CHECK(ids(fixture.get(path + "?zone=")) == Ids{"c"});
  CHECK(ids(fixture.get(path + "?meta.version=2")) == Ids{"b", "c"});
  CHECK(ids(fixture.get(path + "?meta.version=2&status=UP")) == Ids{"b"});
  CHECK(ids(fixture.get(path + "?meta.version=1&meta.blue=yes")) == Ids{"a"});
  CHECK(ids(fixture.get(path + "?meta.a+b%26c=d%3De")) == Ids{"c"});
  CHECK(ids(fixture.get(path + "?meta.nothing=")) == Ids{});
  CHECK(ids(fixture.get(path + "?&zone=z1&")) == Ids{"a", "d"});

  SECTION("and see metadata as patched") {
    fixture.call("PATCH", path + "/instances/a/metadata", R"({"version": "2", "blue": null})");
    CHECK(ids(fixture.get(path + "?meta.version=2")) == Ids{"a", "b", "c"});
    CHECK(ids(fixture.get(path + "?meta.blue=yes")) == Ids{});
  }
}

TEST_CASE("a filter that is misspelt is refused: it would answer something else than was asked") {
  Fixture fixture;
  add(fixture, "a", "{}");
  const auto [query, field] =
      GENERATE(std::pair{"staus=UP", "staus"}, std::pair{"status=up", "status"}, std::pair{"status=", "status"},
               std::pair{"meta.=1", "meta."}, std::pair{"metadata.a=1", "metadata.a"}, std::pair{"=1", "\"\""});
  const Answer answer = fixture.get(std::string("/v1/services/orders?") + query);
  INFO(query);
  CHECK(answer.status == 400);
  CHECK(json_of(answer)["field"] == field);
  CHECK(json_of(answer)["in"] == "query");
}

TEST_CASE("every document has a tag that spares the next reader the body") {
  Fixture fixture;
  add(fixture, "a", "{}");
  const std::string target =
      GENERATE("/v1/services", "/v1/services/orders", "/v1/services/orders?status=UP",
               "/v1/services/orders/instances/a", "/v1/self-preservation", "/v1/overrides", "/v1/node");
  INFO(target);
  const Answer first = fixture.get(target);
  REQUIRE(first.status == 200);
  REQUIRE(first.header("ETag"));
  const std::string tag = *first.header("ETag");
  CHECK(tag.starts_with("W/\""));
  CHECK(first.header("Vary") == "Accept-Encoding");
  const Answer second = get_with(fixture, target, "If-None-Match", tag);
  CHECK(second.status == 304);
  CHECK(second.body.empty());
  CHECK(second.header("ETag") == tag);
  CHECK(get_with(fixture, target, "If-None-Match", "\"other\", " + tag).status == 304);
  CHECK(get_with(fixture, target, "If-None-Match", "\"other\"").status == 200);
  CHECK(get_with(fixture, target, "If-None-Match", tag, "HEAD").status == 304);
  CHECK(get_with(fixture, target, "Accept", "*/*", "HEAD").status == 200);
}

TEST_CASE("tags change with content and with marks, and not with renewals") {
  Fixture fixture;
  add(fixture, "a", R"({"lease": {"interval_s": 10, "duration_s": 40}})");
  const std::string target = GENERATE("/v1/services/orders", "/v1/services/orders/instances/a");
  INFO(target);
  const auto tag = [&] { return *fixture.get(target).header("ETag"); };
  const std::string before = tag();
  fixture.registry.advance(std::chrono::seconds(10));
  REQUIRE(fixture.put("/v1/services/orders/instances/a/renew").status == 204);
  CHECK(tag() == before);
  fixture.registry.advance(std::chrono::seconds(16));
  const std::string late = tag();
  CHECK(late != before);
  CHECK(fixture.get(target).body.find(R"("state":"late")") != std::string::npos);
  fixture.put("/v1/services/orders/instances/a/renew");
  CHECK(tag() == before);
  fixture.call("PATCH", "/v1/services/orders/instances/a/metadata", R"({"k": "v"})");
  CHECK(tag() != before);
}

TEST_CASE("a single instance shows its live lease") {
  Fixture fixture;
  add(fixture, "a", "{}");
  fixture.registry.advance(std::chrono::seconds(30));
  fixture.put("/v1/services/orders/instances/a/renew");
  fixture.registry.advance(std::chrono::milliseconds(1500));
  const Json lease = json_of(fixture.get("/v1/services/orders/instances/a"))["lease"];
  CHECK(lease["renewed_at"] == "2025-10-09T08:53:50.000Z");
  CHECK(lease["expires_at"] == "2025-10-09T08:55:20.000Z");
  CHECK(lease["expires_in_ms"] == 88'500);
}

TEST_CASE("big lists are encoded once, away from the loop, plain and compressed") {
  Fixture fixture;
  for (int i = 0; i < 600; ++i) add(fixture, "i" + std::to_string(i), "{}");
  const Answer plain = fixture.get("/v1/services/orders");
  CHECK(fixture.background.jobs == 1);
  CHECK(ids(plain).size() == 600);
  CHECK(fixture.get("/v1/services/orders").body == plain.body);
  CHECK(fixture.background.jobs == 1);
  const Answer gzip = get_with(fixture, "/v1/services/orders", "Accept-Encoding", "gzip");
  CHECK(gzip.header("Content-Encoding") == "gzip");
  CHECK(gzip.body.size() * 10 < plain.body.size());
  CHECK(inflated(gzip.body) == plain.body);
  get_with(fixture, "/v1/services/orders", "Accept-Encoding", "gzip");
  CHECK(fixture.background.jobs == 2);
  CHECK(ids(fixture.get("/v1/services/orders?status=UP")).size() == 600);
  CHECK(fixture.background.jobs == 3);
  fixture.background.full = true;
  for (const char* target : {"/v1/services/orders?status=UP", "/v1/services/orders?zone=a"}) {
    const Answer busy = fixture.get(target);
    CHECK(busy.status == 503);
    CHECK(busy.header("Retry-After") == "1");
    CHECK(json_of(busy)["title"] == "too many long answers are being encoded");
  }
  CHECK(fixture.get("/v1/services/orders").status == 200);  // encoded already
}

TEST_CASE("a read shows every write before it") {
  Fixture fixture;
  add(fixture, "a", "{}");
  CHECK(ids(fixture.get("/v1/services/orders")).size() == 1);
  add(fixture, "b", "{}");
  CHECK(ids(fixture.get("/v1/services/orders")).size() == 2);
  fixture.call("DELETE", "/v1/services/orders/instances/a");
  CHECK(ids(fixture.get("/v1/services/orders")) == std::set<std::string>{"b"});
}

TEST_CASE("the node's document is what the program says") {
  Fixture fixture;
  CHECK(fixture.get("/v1/node").body == R"({"id":"n1"})");
}
