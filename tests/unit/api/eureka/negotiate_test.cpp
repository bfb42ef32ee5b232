// Goal: formats and codings as recorded from a real server, but with labels that tell the truth.
// Method: the matrix of Accept headers against each kind of resource.
#include <catch2/catch.hpp>

#include "fixture.hpp"

namespace {

using namespace muster;

struct Case {
  const char* accept;  ///< null: no header
  const char* list;    ///< media type of lists; null: 406
  const char* entity;
};

constexpr const char* json = "application/json";
constexpr const char* xml = "application/xml";

const Case matrix[] = {
    {nullptr, xml, xml},
    {"", xml, xml},
    {"*/*", xml, xml},
    {"application/*", xml, xml},
    {"application/xml", xml, xml},
    {"application/json", json, json},
    {"APPLICATION/JSON", json, json},
    {"application/json;charset=utf-8", json, json},
    {"application/json, application/*+json", json, json},
    {"application/json, application/xml", json, json},
    {"application/xml, application/json", json, xml},
    {"application/xml;q=0.5, application/json;q=0.9", json, json},
    {"application/json;q=0.1, application/xml", json, xml},
    {"application/hal+json, */*", json, xml},
    {"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", xml, xml},
    {"application/*+json", nullptr, nullptr},
    {"application/vnd.x+json", nullptr, nullptr},
    {"text/html", nullptr, nullptr},
    {"text/xml", nullptr, nullptr},
    {"text/json", nullptr, nullptr},
    {"garbage", nullptr, nullptr},
};

test::Headers headers_of(const Case& one) {
  return one.accept == nullptr ? test::Headers{} : test::Headers{{"Accept", one.accept}};
}

void check_read(const test::Answer& answer, const char* type) {
  if (type == nullptr) {
    CHECK(answer.status == 406);
    CHECK(answer.body.empty());
    return;
  }
  CHECK(answer.status == 200);
  CHECK(answer.content_type == type);
  CHECK(answer.body.front() == (answer.content_type == json ? '{' : '<'));
}

}  // namespace

TEST_CASE("the payload is what the label says, whatever was accepted") {
  test::EurekaServer server;
  REQUIRE(server.post({}).status == 204);
  for (const Case& one : matrix) {
    INFO((one.accept == nullptr ? "none" : one.accept));
    for (const char* path : {"/eureka/apps/", "/eureka/apps/delta", "/eureka/apps/BILLING", "/eureka/vips/billing",
                             "/eureka/svips/sbilling"})
      check_read(server.get(path, headers_of(one)), one.list);
    for (const char* path : {"/eureka/apps/BILLING/n1.example:billing:9000",
                             "/eureka/instances/n1.example:billing:9000", "/eureka/status"})
      check_read(server.get(path, headers_of(one)), one.entity);
  }
}

TEST_CASE("a write is not carried out when no answer would be acceptable") {
  for (const Case& one : matrix) {
    INFO((one.accept == nullptr ? "none" : one.accept));
    test::EurekaServer server;
    test::Headers headers = headers_of(one);
    headers.push_back({"Content-Type", "application/json"});
    const bool fine = one.entity != nullptr;
    CHECK(server.send("POST", "/eureka/apps/BILLING", headers, test::Body{}.json()).status == (fine ? 204u : 406u));
    CHECK(server.registry.node().gauges().instances == (fine ? 1 : 0));
    REQUIRE(server.post({}).status == 204);
    server.registry.advance(std::chrono::seconds(60));
    const std::string path = "/eureka/apps/BILLING/n1.example:billing:9000";
    CHECK(server.send("PUT", path, headers).status == (fine ? 200u : 406u));
    server.registry.advance(std::chrono::seconds(60));
    CHECK(server.registry.node().gauges().instances == (fine ? 1 : 0));  // the lease of 90 s was renewed, or was not
    CHECK(server.send("DELETE", path, headers).status == (fine ? 200u : 406u));
  }
}

TEST_CASE("gzip is given to those who accept it, where it pays") {
  test::EurekaServer server;
  REQUIRE(server.post({}).status == 204);
  const auto read = [&](const char* path, const char* coding) {
    return server.get(path, {{"Accept", "application/json"}, {"Accept-Encoding", coding}});
  };
  for (const char* path : {"/eureka/apps", "/eureka/apps/delta"}) {
    const std::string plain = server.get(path).body;
    for (const char* coding : {"gzip", "GZIP", "*", "x-gzip", "gzip, deflate"}) {
      const auto answer = read(path, coding);
      INFO(path << " " << coding);
      CHECK(answer.header("Content-Encoding") == std::string("gzip"));
      CHECK(test::gunzip(answer.body) == plain);
    }
    for (const char* coding : {"deflate", "identity", "gzip;q=0", "br", ""}) {
      INFO(path << " " << coding);
      CHECK_FALSE(read(path, coding).header("Content-Encoding"));
      CHECK(read(path, coding).body == plain);
    }
    CHECK(server.get(path).header("Vary") == std::string("Accept, Accept-Encoding, X-Eureka-Accept"));
  }
  // A single small instance is not worth it.
  for (const char* path : {"/eureka/apps/BILLING", "/eureka/vips/billing", "/eureka/instances/n1.example:billing:9000"})
    CHECK_FALSE(read(path, "gzip").header("Content-Encoding"));
  test::Body big;
  big.metadata = R"({"k":")" + std::string(4000, 'x') + R"("})";
  REQUIRE(server.post(big).status == 204);
  for (const char* path :
       {"/eureka/apps/BILLING", "/eureka/vips/billing", "/eureka/instances/n1.example:billing:9000"}) {
    INFO(path);
    const auto answer = read(path, "gzip");
    CHECK(answer.header("Content-Encoding") == std::string("gzip"));
    CHECK(test::gunzip(answer.body) == server.get(path).body);
  }
}

TEST_CASE("compact is asked for by exactly this word") {
  test::EurekaServer server;
  REQUIRE(server.post({}).status == 204);
  const auto read = [&](const char* shape) {
    return server.get("/eureka/apps", {{"Accept", "application/json"}, {"X-Eureka-Accept", shape}}).body;
  };
  CHECK(read("compact").find("leaseInfo") == std::string::npos);
  CHECK(read("COMPACT") == read("compact"));
  for (const char* shape : {"full", "", "weird", "compact, full"})
    CHECK(read(shape).find("leaseInfo") != std::string::npos);
}
