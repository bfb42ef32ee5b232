#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/unit/api/v1/fixture.hpp"

// GET /v1/events on the native face: what it asks for, and what it refuses. Method: requests through the face; what is
// asked of the daemon is recorded.
using namespace muster;
using namespace muster::test;

TEST_CASE("the newest hundred events of everything are asked for where nothing is said") {
  Fixture fixture;
  const Answer answer = fixture.get("/v1/events");
  CHECK(answer.status == 200);
  CHECK(answer.content_type == "application/json");
  CHECK(answer.body == fixture.events_json);
  CHECK_FALSE(fixture.asked.after);
  CHECK(fixture.asked.limit == 100);
  CHECK_FALSE(fixture.asked.service);
  CHECK_FALSE(fixture.asked.id);
}

TEST_CASE("parameters say which events") {
  Fixture fixture;
  CHECK(fixture.get("/v1/events?after=9007199254740991&limit=1000&service=Orders&id=A%2Fb").status == 200);
  CHECK(fixture.asked.after == 9007199254740991u);
  CHECK(fixture.asked.limit == 1000);
  CHECK(fixture.asked.service == "orders");
  CHECK(fixture.asked.id == "A/b");
  CHECK(fixture.get("/v1/events?after=0&limit=1").status == 200);
  CHECK(fixture.asked.after == 0u);
  CHECK(fixture.asked.limit == 1);
}

TEST_CASE("a parameter that is wrong is named") {
  Fixture fixture;
  const auto [query, field] = GENERATE(table<std::string, std::string>({
      {"after=", "after"},
      {"after=-1", "after"},
      {"after=%2B1", "after"},
      {"after=1.5", "after"},
      {"after=9007199254740992", "after"},
      {"after=99999999999999999999999", "after"},
      {"limit=0", "limit"},
      {"limit=1001", "limit"},
      {"limit=ten", "limit"},
      {"service=", "service"},
      {"id=", "id"},
      {"after=1&after=2", "after"},
      {"service=a&id=b&service=c", "service"},
      {"limits=1", "limits"},
      {"cause=expired", "cause"},
  }));
  INFO(query);
  const Answer answer = fixture.get("/v1/events?" + query);
  CHECK(answer.status == 400);
  CHECK(answer.content_type == "application/problem+json");
  const Json problem = json_of(answer);
  CHECK(problem["type"] == "urn:muster:problem:invalid-parameter");
  CHECK(problem["field"] == field);
  CHECK(problem["in"] == "query");
}

TEST_CASE("events that did not change need not be sent again") {
  Fixture fixture;
  const Answer answer = fixture.get("/v1/events");
  REQUIRE(answer.header("ETag"));
  const Call call{
      .method = "GET", .target = "/v1/events", .body = {}, .headers = {{"If-None-Match", *answer.header("ETag")}}};
  CHECK(send(fixture.face, call).status == 304);
  fixture.events_json = R"({"events":[],"next":1,"dropped":false})";
  CHECK(send(fixture.face, call).status == 200);
}
