// Goal: one client cannot break the readers of all others.
// Method: registrations with unknown keys at every level, odd characters in every field, huge metadata, and each body
// that hangs or fails a real Eureka server; after each, the whole registry is read strictly in all four forms.
#include <catch2/catch.hpp>

#include "fixture.hpp"
#include "tests/support/strict_decoder.hpp"

namespace {

using namespace muster;
using api::eureka::Format;
using api::eureka::Shape;

/// Reads everything, compressed and not; returns the number of instances.
std::size_t read_all(test::EurekaServer& server) {
  std::size_t found = 0;
  for (const Format format : {Format::json, Format::xml}) {
    for (const Shape shape : {Shape::full, Shape::compact}) {
      for (const char* path : {"/eureka/apps", "/eureka/apps/delta"}) {
        const test::Headers headers{{"Accept", std::string(api::eureka::media_type(format))},
                                    {"X-Eureka-Accept", shape == Shape::compact ? "compact" : "full"}};
        const auto plain = server.get(path, headers);
        const auto list = test::decode_list(plain.body, format, shape);
        test::Headers packed = headers;
        packed.push_back({"Accept-Encoding", "gzip"});
        CHECK(test::gunzip(server.get(path, packed).body) == plain.body);
        if (std::string_view(path) != "/eureka/apps") continue;
        CHECK(list.hash == list.computed_hash());
        found = 0;
        for (const auto& application : list.applications) found += application.instances.size();
      }
    }
  }
  return found;
}

/// `extra` goes into the instance, before its last field.
std::string with(const std::string& extra, const std::string& id = "odd") {
  return R"({"instance":{"instanceId":")" + id + R"(","hostName":"h","app":"BILLING","ipAddr":"10.0.0.1",)" + extra +
         R"("dataCenterInfo":{"@class":"com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo","name":"MyOwn"}}})";
}

unsigned post(test::EurekaServer& server, const std::string& body, const char* type = "application/json") {
  return server.send("POST", "/eureka/apps/BILLING", {{"Content-Type", type}}, body).status;
}

}  // namespace

TEST_CASE("unknown keys at every level reach no reader") {
  test::EurekaServer server;
  REQUIRE(server.post({}).status == 204);
  const std::string odd = R"({"deep":[{"er":[1,null,"x"]}]})";
  for (const std::string& extra :
       {R"("unknown":)" + odd + ",", R"("unknown":[1],)" + std::string(), std::string(R"("unknown":null,"UP":true,)"),
        R"("port":{"$":1,"@enabled":"true","extra":)" + odd + "},",
        R"("leaseInfo":{"durationInSecs":90,"extra":)" + odd + "},",
        R"("leaseInfo":{"extra":)" + odd + R"(,"renewalIntervalInSecs":10},)",
        std::string(R"("renewalTimestamp":1,"overriddenstatus":"UNKNOWN","overriddenStatus":"UNKNOWN",)")}) {
    INFO(extra);
    CHECK(post(server, with(extra)) == 204);
    CHECK(read_all(server) == 2);
  }
  CHECK(post(server, R"({"x":)" + odd + "," + with("").substr(1)) == 204);
  const std::string center = with("");
  const auto at = center.find(R"("name":"MyOwn")");
  CHECK(post(server, std::string(center).insert(at, R"("metadata":{"a":"b"},"extra":)" + odd + ",")) == 204);
  CHECK(read_all(server) == 2);
}

TEST_CASE("odd characters in any field reach readers in a form that they take, or are refused") {
  test::EurekaServer server;
  REQUIRE(server.post({}).status == 204);
  for (const std::string odd : {"",
                                " ",
                                "<&>\\\"'",
                                "]]>",
                                "<!--",
                                "\\u0000",
                                "\\u0001\\u001f",
                                "\\u007f",
                                "\\ud800",
                                "\\udc00x",
                                "\\ufffe\\uffff",
                                "\\u0085\\u2028",
                                "\xf0\x9f\x98\x80",
                                "\\r\\n\\t",
                                "a:b",
                                "1",
                                "-x",
                                ".",
                                "$_@",
                                "\xc3\xa4",
                                "xmlns",
                                "__",
                                "_.0040"}) {
    INFO(odd);
    std::size_t expected = read_all(server);
    const auto send = [&](const std::string& body) {
      const unsigned status = post(server, body);
      CHECK((status == 204 || status == 400));
      expected = std::max<std::size_t>(expected, server.registry.node().gauges().instances);
      CHECK(read_all(server) == expected);
    };
    for (const char* field : {"hostName", "ipAddr", "vipAddress", "secureVipAddress", "homePageUrl", "statusPageUrl",
                              "healthCheckUrl", "secureHealthCheckUrl", "appGroupName", "asgName", "sid", "status",
                              "overriddenStatus", "countryId", "lastDirtyTimestamp", "actionType"})
      send(with(R"(")" + std::string(field) + R"(":")" + odd + R"(",)"));
    send(with("", odd));
    send(with(R"("metadata":{")" + odd + R"(":"v"},)"));
    send(with(R"("metadata":{"k":")" + odd + R"("},)"));
    std::string center = with("");
    send(center.replace(center.find("MyOwn"), 5, odd));
    send(R"({"instance":{"instanceId":"amazon","hostName":"h","app":"BILLING","ipAddr":"10.0.0.1","dataCenterInfo":)"
         R"({"@class":"com.netflix.appinfo.AmazonInfo","name":"Amazon","metadata":{")" +
         odd + R"(":")" + odd + R"("}}}})");
  }
}

TEST_CASE("metadata patched with anything reaches readers in a form that they take") {
  test::EurekaServer server;
  REQUIRE(server.post({}).status == 204);
  for (const char* query : {"a:b=1", "=empty", "%01=%02", "%F0%9F%98%80=%F0%9F%98%80", "@class=x", "%20=%20", "1=1",
                            "<a>=%3Cb%3E", "xml=1", "-=", "%EF%BF%BF=%EF%BF%BE"}) {
    INFO(query);
    const auto status =
        server.send("PUT", std::string("/eureka/apps/BILLING/n1.example:billing:9000/metadata?") + query).status;
    CHECK((status == 200 || status == 400));
    CHECK(read_all(server) == 1);
  }
}

TEST_CASE("as much metadata as the limits allow is read by all, more is refused") {
  test::EurekaServer server;
  REQUIRE(server.post({}).status == 204);
  const auto metadata = [](int entries, std::size_t bytes) {
    std::string out = R"("metadata":{)";
    for (int i = 0; i < entries; ++i)
      out +=
          (i == 0 ? "\"" : ",\"") + std::string("key") + std::to_string(i) + "\":\"" + std::string(bytes, '<') + "\"";
    return out + "},";
  };
  CHECK(post(server, with(metadata(128, 200))) == 204);
  CHECK(read_all(server) == 2);
  CHECK(post(server, with(metadata(129, 1))) == 400);
  CHECK(post(server, with(metadata(8, 4097))) == 400);
  CHECK(post(server, with(metadata(9, 4096))) == 400);
  CHECK(read_all(server) == 2);
}

TEST_CASE("bodies that hang or fail a real server are refused or made harmless") {
  test::EurekaServer server;
  REQUIRE(server.post({}).status == 204);
  std::string deep;
  for (int i = 0; i < 200; ++i) deep += "[";
  for (const std::string& body :
       {std::string(R"({"instance":[]})"), with(R"("metadata":[],)"), with(R"("metadata":"x",)"),
        with(R"("port":null,)"), with(R"("port":"",)"), with(R"("port":-1,)"), with(R"("port":70000,)"),
        with(R"("port":{"$":"x"},)"), with(R"("unknown":)" + deep + ","), std::string(deep),
        with(R"("metadata":{"a":{"b":["c"]}},)"),
        with(R"("leaseInfo":{"durationInSecs":99999999999,"renewalIntervalInSecs":-1},)"),
        with(R"("lastDirtyTimestamp":"99999999999999999999",)"), with(R"("lastDirtyTimestamp":-1,)"),
        with(R"("countryId":1e999,)"), with("\xff"), std::string("\0\0", 2)}) {
    INFO(body.substr(0, 200));
    const unsigned status = post(server, body);
    CHECK((status == 204 || status == 400));
    CHECK(read_all(server) >= 1);
  }
  std::string many = "<instance>";
  for (int i = 0; i < 200; ++i) many += "<a>";
  for (const std::string& body :
       {std::string("<!DOCTYPE x [<!ENTITY a \"b\">]><instance/>"), many, std::string("<applications/>"),
        std::string("<instance><port></port></instance>"), std::string("<instance>&undefined;</instance>")}) {
    INFO(body.substr(0, 100));
    CHECK(post(server, body, "application/xml") == 400);
    CHECK(read_all(server) >= 1);
  }
}
