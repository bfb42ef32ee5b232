// Goal: what clients register is taken or refused with the codes and texts that they know.
// Method: bodies and media types as recorded from clients and a real server.
#include <catch2/catch.hpp>

#include "fixture.hpp"
#include "server/api/content.hpp"
#include "tests/support/strict_decoder.hpp"

namespace {

using namespace muster;

const test::Headers as_json = {{"Content-Type", "application/json"}, {"Accept", "application/json"}};
constexpr const char* unreadable_json = R"({"error": "cannot parse request body"})";
constexpr const char* unreadable_xml = "<error><message>cannot parse request body</message></error>";

std::string xml_body() {
  return "<instance><instanceId>x1</instanceId><hostName>h</hostName><app>BILLING</app><ipAddr>10.0.0.7</ipAddr>"
         "<dataCenterInfo><name>MyOwn</name></dataCenterInfo></instance>";
}

test::Answer post(test::EurekaServer& server, std::string body, test::Headers headers = as_json) {
  return server.send("POST", "/eureka/apps/billing", std::move(headers), std::move(body));
}

/// A registration without some of its fields.
std::string only(const std::string& fields) {
  return R"({"instance":{)" + fields + "}}";
}

}  // namespace

TEST_CASE("a registration is answered 204 with nothing, in either format and coding") {
  test::EurekaServer server;
  const std::string json = test::Body{}.json();
  for (const char* type : {"application/json", "application/json;charset=UTF-8", "application/json; charset=utf-8",
                           "application/json;charset=ISO-8859-1", "APPLICATION/JSON"}) {
    INFO(type);
    const auto answer = post(server, json, {{"Content-Type", type}});
    CHECK(answer.status == 204);
    CHECK(answer.body.empty());
  }
  CHECK(post(server, json, {}).status == 204);
  CHECK(post(server, xml_body(), {}).status == 204);
  CHECK(post(server, xml_body(), {{"Content-Type", "application/xml"}}).status == 204);
  CHECK(post(server, xml_body(), {{"Content-Type", "*/*"}}).status == 204);
  CHECK(post(server, api::gzip(json), {{"Content-Type", "application/json"}, {"Content-Encoding", "gzip"}}).status ==
        204);
  CHECK(post(server, json, {{"Content-Type", "application/json"}, {"Content-Encoding", "gzip"}}).status == 204);
  CHECK(server.registry.node().gauges().instances == 2);
}

TEST_CASE("ISO-8859-1 is taken at its word in XML") {
  test::EurekaServer server;
  std::string body = xml_body();
  body.replace(body.find("</instance>"), 0, "<metadata><k>\xe4</k></metadata>");
  CHECK(post(server, body, {{"Content-Type", "application/xml;charset=ISO-8859-1"}}).status == 204);
  const auto read = server.get("/eureka/apps/billing/x1");
  CHECK(test::decode_instance(read.body, api::eureka::Format::json).metadata.at("k") == "\xc3\xa4");
}

TEST_CASE("media types that nobody reads are refused") {
  test::EurekaServer server;
  for (const char* type :
       {"application/json;charset=UTF-16", "application/json;charset=bogus", "application/vnd.x+json", "text/json",
        "text/plain", "text/xml", "application/x-www-form-urlencoded"}) {
    INFO(type);
    CHECK(post(server, test::Body{}.json(), {{"Content-Type", type}}).status == 415);
  }
  CHECK(post(server, test::Body{}.json(), {{"Content-Type", "application/json"}, {"Content-Encoding", "br"}}).status ==
        415);
  for (const char* type : {"garbage", "", "/json", "application/"})
    CHECK(post(server, test::Body{}.json(), {{"Content-Type", type}}).status == 400);
  CHECK(server.registry.node().gauges().instances == 0);
}

TEST_CASE("what is missing is named in the order and the words of the real server") {
  test::EurekaServer server;
  const std::string id = R"("instanceId":"v1",)";
  const std::string host = R"("hostName":"h",)";
  const std::string ip = R"("ipAddr":"10.0.0.1",)";
  const std::string app = R"("app":"BILLING",)";
  const std::string center =
      R"("dataCenterInfo":{"@class":"com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo","name":"MyOwn"})";
  const auto text = [&](const std::string& fields) {
    const auto answer = post(server, only(fields));
    CHECK(answer.status == 400);
    CHECK(answer.content_type == "application/json");
    return answer.body;
  };
  CHECK(text(app + center) == "Missing instanceId");
  CHECK(text(id + app + center) == "Missing hostname");
  CHECK(text(id + R"("hostName":"",)" + app + center) == "Missing hostname");
  CHECK(text(id + host + app + center) == "Missing ip address");
  CHECK(text(id + host + ip + R"("app":"",)" + center) == "Missing appName");
  CHECK(text(id + host + ip + R"("app":"other",)" + center) == "Mismatched appName, expecting BILLING but was OTHER");
  CHECK(text(id + host + ip + R"("app":"BILLING")") == "Missing dataCenterInfo");
  CHECK(text(id + host + ip + app +
             R"("dataCenterInfo":{"@class":"com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo"})") ==
        "Missing dataCenterInfo Name");
  // The text of an error is labelled with what was accepted, XML where nothing was said.
  CHECK(post(server, only(id + app + center), {{"Content-Type", "application/json"}}).content_type ==
        "application/xml");
  CHECK(post(server, only(host + ip + app + center)).status == 204);
}

TEST_CASE("a body that cannot be read is answered in the words and under the label of the real server") {
  test::EurekaServer server;
  for (const char* body : {"", "  ", "null", "true", "1", "\"x\"", "[]", "{broken", "{'instance':{}}", "/* c */{}",
                           R"({"instance":[]})", R"({"instance":null})", R"({"instance":"x"})"}) {
    INFO(body);
    const auto answer = post(server, body);
    CHECK(answer.status == 400);
    CHECK(answer.header("Content-Type") == std::string("application/json"));
    CHECK(answer.body == unreadable_json);
    CHECK(answer.header("X-Muster-Error"));
  }
  CHECK(post(server, "<broken", {{"Content-Type", "application/xml"}, {"Accept", "application/json"}}).body ==
        unreadable_xml);
  CHECK(post(server, test::Body{}.json(), {{"Content-Type", "application/*"}}).body == unreadable_xml);
  CHECK(post(server, "{broken", {{"Content-Type", "application/json;charset=utf-8"}}).body == unreadable_xml);
  CHECK(post(server, "{broken", {}).body == unreadable_json);
  CHECK(post(server, "<broken", {}).body == unreadable_xml);
}

TEST_CASE("what is over a limit is refused with the field's name in this dialect") {
  api::eureka::Settings settings;
  settings.body_bytes_max = 20'000;
  test::EurekaServer server(settings);
  test::Body body;
  body.vip = std::string(3000, 'v');
  CHECK(post(server, body.json()).body == "vipAddress is 3000 bytes long; at most 2048 are allowed");
  body = {};
  body.metadata = R"({"owner":")" + std::string(5000, 'o') + R"("})";
  CHECK(post(server, body.json()).body == "metadata.owner is 5000 bytes long; at most 4096 are allowed");
  body = {};
  body.app = "B%C3%84";
  CHECK(server
            .send("POST", "/eureka/apps/B%C3%84", as_json,
                  R"({"instance":{"instanceId":"i","hostName":"h","app":"BÄ",)"
                  R"("ipAddr":"1.2.3.4","dataCenterInfo":{"name":"MyOwn"}}})")
            .status == 400);
  CHECK(post(server, std::string(20'001, ' ')).status == 413);
  CHECK(post(server, api::gzip(std::string(20'001, ' ')),
             {{"Content-Type", "application/json"}, {"Content-Encoding", "gzip"}})
            .status == 413);
}

TEST_CASE("a full registry says which limit it is") {
  core::Settings settings = test::NodeRegistry::default_settings();
  settings.limits.instances = 1;
  test::NodeRegistry registry(settings);
  test::InlineBackground background;
  api::eureka::Face face(registry, background, {}, [] { return api::eureka::Replicas{}; });
  test::Call call;
  call.method = "POST";
  call.target = "/eureka/apps/BILLING";
  call.headers = as_json;
  call.body = test::Body{}.json();
  CHECK(test::send(face, call).status == 204);
  CHECK(test::send(face, call).status == 204);
  test::Body second;
  second.id = "other";
  call.body = second.json();
  const auto answer = test::send(face, call);
  CHECK(answer.status == 503);
  CHECK(answer.header("X-Muster-Limit"));
  CHECK(answer.body.empty());
}

TEST_CASE("an older registration within a minute is ignored and answered like a new one") {
  test::EurekaServer server;
  test::Body newer;
  newer.dirty = "1760000000010";
  newer.status = "DOWN";
  REQUIRE(server.post(newer).status == 204);
  CHECK(server.post({}).status == 204);
  const auto read = server.get("/eureka/apps/BILLING/n1.example:billing:9000");
  CHECK(test::decode_instance(read.body, api::eureka::Format::json).texts.at("status") == "DOWN");
}

TEST_CASE("an override may come with the registration") {
  test::EurekaServer server;
  std::string body = test::Body{}.json();
  body.replace(body.find(R"("overriddenStatus":"UNKNOWN")"), 28, R"("overriddenstatus":"OUT_OF_SERVICE")");
  REQUIRE(post(server, body).status == 204);
  const auto read = server.get("/eureka/apps/BILLING/n1.example:billing:9000");
  CHECK(test::decode_instance(read.body, api::eureka::Format::json).texts.at("status") == "OUT_OF_SERVICE");
}
