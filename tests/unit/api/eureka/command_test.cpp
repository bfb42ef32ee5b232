// Goal: heartbeats, cancels, overrides and metadata answer with the codes that clients act on, and with no body that
// could confuse them. Method: requests to a face over a real core.
#include <catch2/catch.hpp>

#include "fixture.hpp"
#include "tests/support/strict_decoder.hpp"

namespace {

using namespace muster;

const std::string path = "/eureka/apps/BILLING/n1.example:billing:9000";
const test::Headers replicated = {{"Accept", "application/json"}, {"X-Netflix-Discovery-Replication", "true"}};

struct Registered : test::EurekaServer {
  Registered() { REQUIRE(post({}).status == 204); }
  unsigned put(const std::string& tail, test::Headers headers = test::json_accept) {
    const auto answer = send("PUT", path + tail, std::move(headers));
    CHECK((answer.body.empty() || answer.status == 409));
    return answer.status;
  }
  unsigned remove(const std::string& tail) {
    const auto answer = send("DELETE", path + tail);
    CHECK(answer.body.empty());
    CHECK(answer.content_type.empty());
    return answer.status;
  }
  test::StrictInstance read() { return test::decode_instance(get(path).body, api::eureka::Format::json); }
};

}  // namespace

TEST_CASE("whatever is done to an unknown instance is answered 404 without a body") {
  test::EurekaServer server;
  for (const auto& [method, tail] :
       std::vector<std::pair<std::string, std::string>>{{"PUT", ""},
                                                        {"PUT", "?status=UP&lastDirtyTimestamp=1"},
                                                        {"PUT", "?lastDirtyTimestamp=abc"},
                                                        {"DELETE", ""},
                                                        {"PUT", "/status?value=DOWN"},
                                                        {"PUT", "/status?value=BOGUS"},
                                                        {"DELETE", "/status"},
                                                        {"PUT", "/metadata?a=b"},
                                                        {"GET", ""}}) {
    INFO(method << " " << tail);
    for (const test::Headers& headers : {test::Headers{}, test::json_accept, test::xml_accept, replicated}) {
      const auto answer = server.send(method, path + tail, headers);
      CHECK(answer.status == 404);
      CHECK(answer.body.empty());
      CHECK(answer.content_type.empty());
    }
  }
}

TEST_CASE("a heartbeat is answered by how its dirty timestamp compares") {
  Registered server;
  CHECK(server.put("") == 200);
  CHECK(server.put("?status=UP&lastDirtyTimestamp=1760000000000") == 200);
  CHECK(server.put("?lastDirtyTimestamp=1760000000001") == 404);
  CHECK(server.put("?lastDirtyTimestamp=1759999999999") == 200);
  CHECK(server.put("?lastDirtyTimestamp=-5") == 200);
  CHECK(server.put("?status=bogus&overriddenstatus=OUT_OF_SERVICE&x") == 200);
  CHECK(server.read().texts.at("status") == "UP");
}

TEST_CASE("a server that passes on an older heartbeat is sent the newer instance") {
  Registered server;
  CHECK(server.put("", replicated) == 200);
  CHECK(server.put("?lastDirtyTimestamp=1760000000000", replicated) == 200);
  CHECK(server.put("?lastDirtyTimestamp=1760000000001", replicated) == 404);
  for (const auto format : {api::eureka::Format::json, api::eureka::Format::xml}) {
    test::Headers headers = format == api::eureka::Format::json ? test::json_accept : test::Headers{};
    headers.push_back({"x-netflix-discovery-replication", "true"});
    const auto answer = server.send("PUT", path + "?lastDirtyTimestamp=1759999999999", headers);
    CHECK(answer.status == 409);
    CHECK(answer.content_type == api::eureka::media_type(format));
    CHECK(test::decode_instance(answer.body, format).id == "n1.example:billing:9000");
  }
  for (const char* value : {"TRUE", "false", ""})
    CHECK(server.put("?lastDirtyTimestamp=1", {{"x-netflix-discovery-replication", value}}) == 200);
}

TEST_CASE("a timestamp or a status that makes no sense is refused, and nothing is carried out") {
  Registered server;
  server.registry.advance(std::chrono::seconds(60));
  for (const char* tail :
       {"?lastDirtyTimestamp=abc", "?lastDirtyTimestamp=", "?lastDirtyTimestamp=99999999999999999999", "/status",
        "/status?value=", "/status?value=up", "/status?value=BOGUS", "/status?value=DOWN&lastDirtyTimestamp=abc"}) {
    INFO(tail);
    CHECK(server.put(tail) == 400);
  }
  for (const char* tail : {"/status?value=", "/status?value=bogus", "/status?value=UP&lastDirtyTimestamp=x"}) {
    INFO(tail);
    CHECK(server.remove(tail) == 400);
  }
  CHECK(server.read().texts.at("status") == "UP");
  server.registry.advance(std::chrono::seconds(31));  // nothing of it has renewed the lease of 90 s
  CHECK(server.get(path).status == 404);
}

TEST_CASE("an override is set, shown, survives a registration and is removed") {
  Registered server;
  CHECK(server.put("/status?value=OUT_OF_SERVICE&lastDirtyTimestamp=1760000000000") == 200);
  CHECK(server.read().texts.at("status") == "OUT_OF_SERVICE");
  CHECK(server.read().texts.at("overriddenStatus") == "OUT_OF_SERVICE");
  REQUIRE(server.post({}).status == 204);
  CHECK(server.read().texts.at("status") == "OUT_OF_SERVICE");
  CHECK(server.remove("/status?value=UP") == 200);
  CHECK(server.read().texts.at("status") == "UP");
  CHECK(server.read().texts.at("overriddenStatus") == "UNKNOWN");
  CHECK(server.remove("/status") == 200);
}

TEST_CASE("an instance whose status is UNKNOWN is told to register again") {
  Registered server;
  CHECK(server.put("/status?value=UNKNOWN") == 200);
  CHECK(server.put("") == 404);
}

TEST_CASE("metadata is merged from the query") {
  Registered server;
  CHECK(server.put("/metadata?a=1&a=2&e=&f&g=a%20b+c%26%C3%A4&h=x=y&management.port=1") == 200);
  const std::map<std::string, std::string> expected{
      {"a", "1"}, {"e", ""}, {"f", ""}, {"g", "a b c&\xc3\xa4"}, {"h", "x=y"}, {"management.port", "1"}};
  CHECK(server.read().metadata == expected);
  REQUIRE(server.post({}).status == 204);
  CHECK(server.read().metadata == expected);
  CHECK(server.put("/metadata") == 200);
  const auto refused = server.send("PUT", path + "/metadata?" + std::string(300, 'k') + "=v");
  CHECK(refused.status == 400);
  CHECK(refused.body.find("metadata has a key of 300 bytes") == 0);
}

TEST_CASE("a cancel takes out once, and frees the name") {
  Registered server;
  CHECK(server.remove("") == 200);
  CHECK(server.remove("") == 404);
  CHECK(server.put("") == 404);
  CHECK(server.get("/eureka/apps/BILLING").status == 404);
  test::Body again;
  again.dirty = "1760000000001";
  CHECK(server.post(again).status == 204);
  CHECK(server.remove("") == 200);
}

TEST_CASE("bodies of heartbeats do not matter, their malformed names do") {
  Registered server;
  CHECK(server.send("PUT", path, {{"Content-Type", "application/json"}}, "{}").status == 200);
  CHECK(server.send("PUT", path, {{"Content-Type", "text/plain"}}, "x").status == 200);
  CHECK(server.send("PUT", path, {{"Content-Type", "application/json"}}, "{broken").status == 200);
  CHECK(server.send("PUT", path, {{"Content-Type", "garbage"}}, "x").status == 400);
  CHECK(server.send("DELETE", path, {{"Content-Type", "text/plain"}}, "x").status == 200);
}

TEST_CASE("groups of an autoscaler are not known here") {
  test::EurekaServer server;
  for (const char* value : {"ENABLED", "DISABLED", "bogus", ""})
    CHECK(server.send("PUT", std::string("/eureka/asg/g1/status?value=") + value).status == 400);
}
