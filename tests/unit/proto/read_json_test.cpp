#include <limits>

#include "tests/unit/proto/read_support.hpp"

using namespace muster;
using eureka::read_json;
using test::accepted;
using test::refused;

// Goal: no client of any language is turned away, and nonsense is named. Method: a body that a client would send, with
// one field added at its end, so that it also shows that the last of two keys counts.

namespace {

std::string body(std::string_view more = "") {
  return R"({"instance":{"instanceId":"w1:orders:8080","hostName":"w1","app":"orders","ipAddr":"192.0.2.7","status":"UP",)"
         R"("port":{"$":8080,"@enabled":"true"},"securePort":{"$":8443,"@enabled":"false"},)"
         R"("dataCenterInfo":{"@class":"com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo","name":"MyOwn"})" +
         std::string(more) + "}}";
}

eureka::Registration read(std::string_view more) {
  return accepted(read_json(body(more)));
}

eureka::ReadError error(std::string_view more) {
  return refused(read_json(body(more)));
}

/// Without instanceId, host name and data center, which then come from `more`.
eureka::Registration read_bare(std::string_view more) {
  return accepted(read_json(R"({"instance":{"app":"orders","ipAddr":"192.0.2.7")" + std::string(more) + "}}"));
}

}  // namespace

TEST_CASE("a plain registration is read with the defaults of the dialect") {
  const eureka::Registration registration = read("");
  CHECK(registration.app == "ORDERS");
  CHECK(registration.instance_id == "w1:orders:8080");
  CHECK(registration.status == model::Status::up);
  CHECK(registration.overridden == model::Status::unknown);
  CHECK(registration.has_data_center);
  CHECK(registration.has_data_center_name);
  CHECK(registration.lease == model::LeaseRequest{});
  CHECK_FALSE(registration.dirty_ms);
  model::Instance expected;
  expected.host_name = "w1";
  expected.address = "192.0.2.7";
  expected.port = {8080, true};
  expected.secure_port = {8443, false};
  CHECK(registration.instance == expected);
}

TEST_CASE("every text field is read") {
  const model::Instance instance =
      read(R"(,"vipAddress":"v","secureVipAddress":"sv","homePageUrl":"h","statusPageUrl":"s","healthCheckUrl":"c",)"
           R"("secureHealthCheckUrl":"sc","asgName":"asg","sid":"sid","appGroupName":"group")")
          .instance;
  CHECK(instance.vip_address == "v");
  CHECK(instance.secure_vip_address == "sv");
  CHECK(instance.home_page_url == "h");
  CHECK(instance.status_page_url == "s");
  CHECK(instance.health_check_url == "c");
  CHECK(instance.secure_health_check_url == "sc");
  CHECK(instance.asg_name == "asg");
  CHECK(instance.sid == "sid");
  CHECK(instance.app_group == "GROUP");
}

TEST_CASE("the root object may be left out and may have other keys") {
  CHECK(accepted(read_json(R"({"app":"a","hostName":"h","ipAddr":"1"})")).instance_id == "h");
  CHECK(accepted(read_json(R"({"x":1,"instance":{"app":"a","hostName":"h"},"y":{}})")).instance_id == "h");
}

TEST_CASE("a root or an instance that is no object is refused") {
  for (const char* text : {"null", "true", "1", "\"x\"", "[]"}) CHECK(refused(read_json(text)).field.empty());
  for (const char* text : {R"({"instance":[]})", R"({"instance":null})", R"({"instance":"x"})", R"({"instance":[{}]})"})
    CHECK(refused(read_json(text)).field == "instance");
}

TEST_CASE("what is no JSON is refused") {
  for (const char* text :
       {"", "  ", "{broken", "{'instance':{}}", R"({"instance":{"countryId":NaN}})", "<instance/>",
        R"(/* c */{"instance":{"app":"a"}})", R"({"instance":{"app":"a"/* c */}})", R"({"instance":{"app":"a",}})",
        R"({"instance":{"app":"a"})", R"({"app":"a)", R"({"app":"\ud800"})", R"({"app":"\udc00"})",
        R"({"app":"a","x":01})", R"({"app":"a","x":1.})", R"({"app":"a","x":1e})", R"({"app":"a","x":-})",
        "{\"app\":\"a\xFF\"}", "{\"app\":\"a\nb\"}"}) {
    INFO(text);
    CHECK(refused(read_json(text)).field.empty());
  }
}

TEST_CASE("nesting has a limit, whether the depth is in what is read or in what is ignored") {
  const auto nested = [](std::size_t levels) {
    return body(R"(,"foo":)" + std::string(levels, '[') + std::string(levels, ']'));
  };
  accepted(read_json(nested(20)));
  CHECK(refused(read_json(nested(40))).message == "is nested deeper than 32 levels");
  CHECK(refused(read_json(body(), 2)).message == "is nested deeper than 2 levels");
  accepted(read_json(body(), 3));
  accepted(read_json(nested(40), 64));
  refused(read_json(std::string(100000, '[')));
}

TEST_CASE("a byte order mark and text behind the document are skipped") {
  accepted(read_json("\xEF\xBB\xBF" + body()));
  for (const char* tail : {" trailing", "}", "{\"instance\":{}}", " it's \"open", "\n\n"})
    accepted(read_json(body() + tail));
}

TEST_CASE("a large body is read like a small one") {
  CHECK(read(R"(,"foo":")" + std::string(200000, 'x') + '"').app == "ORDERS");
}

TEST_CASE("the last of equal keys counts") {
  CHECK(read(R"(,"hostName":"second")").instance.host_name == "second");
  CHECK(read(R"(,"metadata":{"a":"1","b":"2"},"metadata":{"c":"1","c":"2"})").instance.metadata ==
        model::Metadata{{"c", "2"}});
  CHECK(read(R"(,"port":{"@enabled":"false"})").instance.port == model::Port{7001, false});
}

TEST_CASE("equal metadata keys cost no more among many") {
  std::string entries;
  for (int i = 0; i < 20000; ++i) entries += "\"k" + std::to_string(i % 10000) + "\":\"" + std::to_string(i) + "\",";
  const model::Metadata metadata = read(",\"metadata\":{" + entries + "\"last\":\"x\"}").instance.metadata;
  REQUIRE(metadata.size() == 10001);
  CHECK(metadata[0] == std::pair<std::string, std::string>("k0", "10000"));
}

TEST_CASE("an application must be named") {
  CHECK(refused(read_json(R"({"instance":{"hostName":"h"}})")).field == "instance.app");
  CHECK(refused(read_json(R"({"instance":{"app":null}})")).field == "instance.app");
  CHECK(refused(read_json("{}")).field == "instance.app");
  CHECK(accepted(read_json(R"({"instance":{"app":""}})")).app.empty());
}

TEST_CASE("null is the same as absent") {
  const eureka::Registration registration = read(
      R"(,"hostName":null,"port":null,"status":null,"metadata":null,"leaseInfo":null,"dataCenterInfo":null,)"
      R"("countryId":null,"lastDirtyTimestamp":null,"vipAddress":null,"sid":null,"isCoordinatingDiscoveryServer":null)");
  CHECK(registration.instance == read("").instance);
  CHECK(registration.status == model::Status::up);
  CHECK_FALSE(registration.dirty_ms);
}

TEST_CASE("unknown fields of any kind are ignored") {
  CHECK(read(R"(,"foo":"bar","n":1,"b":true,"z":null,"o":{"a":{"b":[1]}},"l":[1,[2]],"f":1.5)").instance ==
        read("").instance);
}

TEST_CASE("ports are read in every form that clients write") {
  const std::pair<const char*, model::Port> forms[] = {
      {R"({"$":9000,"@enabled":"true"})", {9000, true}},
      {R"({"$":"9000","@enabled":true})", {9000, true}},
      {R"({"@enabled":"false","$":9000})", {9000, false}},
      {R"({"$":9000,"@enabled":false})", {9000, false}},
      {R"({"$":9000})", {9000, true}},
      {R"({"@enabled":"TRUE"})", {7001, true}},
      {"{}", {7001, true}},
      {R"({"$":9000,"x":{"y":[1]}})", {9000, true}},
      {"9000", {9000, true}},
      {R"("9000")", {9000, true}},
      {R"({"$":9000.0})", {9000, true}},
      {R"({"$":0})", {0, true}},
      {R"({"$":65535})", {65535, true}},
      {R"({"$":null,"@enabled":null})", {7001, true}},
  };
  for (const auto& [text, port] : forms) {
    INFO(text);
    CHECK(read(std::string(",\"port\":") + text).instance.port == port);
  }
  CHECK(read(R"(,"securePort":{"$":"9443","@enabled":true})").instance.secure_port == model::Port{9443, true});
  CHECK(read(R"(,"securePort":9443)").instance.secure_port == model::Port{9443, false});
  CHECK(read_bare("").instance.secure_port == model::Port{7002, false});
}

TEST_CASE("a port that is none is refused by name") {
  for (const char* number : {"-1", "70000", "\"abc\"", "\"\"", "9000.5", "true", "1e9", "99999999999999999999"}) {
    INFO(number);
    CHECK(error(std::string(R"(,"port":{"$":)") + number + "}").field == "instance.port.$");
  }
  CHECK(error(R"(,"securePort":{"$":-1})").field == "instance.securePort.$");
  CHECK(error(R"(,"port":"abc")").field == "instance.port.$");
  CHECK(error(R"(,"port":{"$":1,"@enabled":"yes"})").field == "instance.port.@enabled");
  CHECK(error(R"(,"port":{"$":{}})").field == "instance.port.$");
  CHECK(error(R"(,"port":[1])").field == "instance.port");
  CHECK(error(R"(,"port":true)").field == "instance.port");
}

TEST_CASE("a status is read in any case, and an unknown one is UNKNOWN") {
  CHECK(read(R"(,"status":"up")").status == model::Status::up);
  CHECK(read(R"(,"status":"Out_of_Service")").status == model::Status::out_of_service);
  for (const char* text : {"\"BOGUS\"", "\"\"", "1", "true"})
    CHECK(read(std::string(",\"status\":") + text).status == model::Status::unknown);
  CHECK(error(R"(,"status":{})").field == "instance.status");
}

TEST_CASE("an overridden status is read under both of its names") {
  CHECK(read(R"(,"overriddenstatus":"DOWN")").overridden == model::Status::down);
  CHECK(read(R"(,"overriddenStatus":"OUT_OF_SERVICE")").overridden == model::Status::out_of_service);
  CHECK(read(R"(,"overriddenStatus":"DOWN","overriddenstatus":"UP")").overridden == model::Status::up);
  CHECK(read(R"(,"overriddenStatus":"x")").overridden == model::Status::unknown);
}

TEST_CASE("metadata keeps its order and takes scalars as their text") {
  CHECK(
      read(
          R"(,"metadata":{"n":1,"f":1.50,"neg":-7,"big":123456789012345678901234567890,"e":1E+2,"b":true,"z":null,"s":"","u":18446744073709551615})")
          .instance.metadata == model::Metadata{{"n", "1"},
                                                {"f", "1.50"},
                                                {"neg", "-7"},
                                                {"big", "123456789012345678901234567890"},
                                                {"e", "1E+2"},
                                                {"b", "true"},
                                                {"s", ""},
                                                {"u", "18446744073709551615"}});
}

TEST_CASE("metadata that is nested is kept as compact JSON") {
  CHECK(read(R"(,"metadata":{"a":{"b": ["c", 1, null]},"l":[ ]})").instance.metadata ==
        model::Metadata{{"a", R"({"b":["c",1,null]})"}, {"l", "[]"}});
}

TEST_CASE("metadata that is no object is refused") {
  for (const char* value : {"\"x\"", "[]", "1", "true"})
    CHECK(error(std::string(",\"metadata\":") + value).field == "instance.metadata");
}

TEST_CASE("a type in metadata is dropped, whatever it says") {
  CHECK(read(R"(,"metadata":{"@class":"java.util.Collections$EmptyMap"})").instance.metadata.empty());
  CHECK(read(R"(,"metadata":{"@class":"x.Y","a":"b"})").instance.metadata == model::Metadata{{"a", "b"}});
}

TEST_CASE("odd metadata keys and values round-trip") {
  CHECK(read(R"(,"metadata":{"":"v","\u0001":"\u0000","a:b":"\ud83d\ude00"})").instance.metadata ==
        model::Metadata{{"", "v"}, {"\x01", std::string(1, '\0')}, {"a:b", "\xF0\x9F\x98\x80"}});
}

TEST_CASE("a lease is read from numbers, fractions and numeric text") {
  const auto lease = [](std::string_view value) {
    return read(R"(,"leaseInfo":{"renewalIntervalInSecs":)" + std::string(value) + R"(,"durationInSecs":)" +
                std::string(value) + "}")
        .lease;
  };
  const auto both = [](std::optional<std::uint32_t> seconds) { return model::LeaseRequest{seconds, seconds}; };
  CHECK(lease("7") == both(7));
  CHECK(lease("\"7\"") == both(7));
  CHECK(lease("30.9") == both(30));
  CHECK(lease("\"30.9\"") == both(30));
  CHECK(lease("3e2") == both(300));
  for (const char* none : {"0", "-5", "null", "\"abc\"", "\"\"", "0.5", "{}", "[1]", "true", "-1e400", "1e-400"}) {
    INFO(none);
    CHECK(lease(none) == both(std::nullopt));
  }
  for (const char* huge : {"2147483648", "9223372036854775808", "1e99", "1e400", "\"99999999999999999999999\""}) {
    INFO(huge);
    CHECK(lease(huge) == both(2147483647));
  }
}

TEST_CASE("a lease may be empty and may hold what nobody knows") {
  CHECK(read(R"(,"leaseInfo":{})").lease == model::LeaseRequest{});
  CHECK(read(R"(,"leaseInfo":{"x":{"y":1},"renewalTimestamp":5,"durationInSecs":30})").lease ==
        model::LeaseRequest{std::nullopt, 30});
  CHECK(error(R"(,"leaseInfo":"x")").field == "instance.leaseInfo");
}

TEST_CASE("a dirty timestamp is a number or its text; other text is zero") {
  CHECK(read(R"(,"lastDirtyTimestamp":1770000000000)").dirty_ms == 1770000000000);
  CHECK(read(R"(,"lastDirtyTimestamp":"1770000000000")").dirty_ms == 1770000000000);
  CHECK(read(R"(,"lastDirtyTimestamp":"abc")").dirty_ms == 0);
  CHECK(read(R"(,"lastDirtyTimestamp":"")").dirty_ms == 0);
  CHECK(read(R"(,"lastDirtyTimestamp":-1)").dirty_ms == -1);
  CHECK(read(R"(,"lastDirtyTimestamp":1e30)").dirty_ms == std::numeric_limits<std::int64_t>::max());
  CHECK(read(R"(,"lastUpdatedTimestamp":"5","actionType":"X")").dirty_ms == std::nullopt);
}

TEST_CASE("a country is a number or its text; other text is zero") {
  CHECK(read(R"(,"countryId":49)").instance.country_id == 49);
  CHECK(read(R"(,"countryId":"49")").instance.country_id == 49);
  CHECK(read(R"(,"countryId":"x")").instance.country_id == 0);
  CHECK(read(R"(,"countryId":99999999999999999999)").instance.country_id == 2147483647);
  CHECK(read(R"(,"countryId":-3000000000)").instance.country_id == std::numeric_limits<std::int32_t>::min());
}

TEST_CASE("a sid that stands for none is none") {
  CHECK(read(R"(,"sid":"na")").instance.sid.empty());
  CHECK(read(R"(,"sid":"unknown")").instance.sid.empty());
}

TEST_CASE("scalars of another kind are taken as text, objects are not") {
  CHECK(read(R"(,"hostName":5)").instance.host_name == "5");
  CHECK(read(R"(,"vipAddress":true)").instance.vip_address == "true");
  CHECK(error(R"(,"hostName":{"a":1})").field == "instance.hostName");
  CHECK(error(R"(,"app":["x"])").field == "instance.app");
}

TEST_CASE("a data center is accepted with any class and any name") {
  const auto name = [](std::string_view value) {
    return read(",\"dataCenterInfo\":" + std::string(value)).instance.data_center;
  };
  CHECK(name(R"({"name":"MyOwn"})") == "MyOwn");
  CHECK(name(R"({"name":"Netflix","@class":"com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo"})") == "Netflix");
  CHECK(name(R"({"@class":"com.netflix.appinfo.MyDataCenterInfo","name":"MyOwn"})") == "MyOwn");
  CHECK(name(R"({"@class":"x.Y","name":"Custom","x":{"y":[]}})") == "Custom");
}

TEST_CASE("only Amazon keeps metadata in its data center") {
  CHECK(read(R"(,"dataCenterInfo":{"name":"MyOwn","metadata":{"a":"b"}})").instance.data_center_metadata.empty());
  CHECK(error(R"(,"dataCenterInfo":{"name":"Amazon","metadata":"x"})").field == "instance.dataCenterInfo.metadata");
  CHECK(read(R"(,"dataCenterInfo":{"name":"Amazon","metadata":{"instance-id":"i","n":1,"z":null,"@class":"x"}})")
            .instance.data_center_metadata == model::Metadata{{"instance-id", "i"}, {"n", "1"}});
}

TEST_CASE("Amazon's class makes it Amazon, and its own id is added where missing") {
  for (const char* text : {R"({"@class":"com.netflix.appinfo.AmazonInfo","name":"MyOwn"})",
                           R"({"@class":"com.netflix.appinfo.AmazonInfo"})",
                           R"({"@class":"com.netflix.appinfo.AmazonInfo","name":"Amazon","metadata":{}})"}) {
    const eureka::Registration registration = read(std::string(",\"dataCenterInfo\":") + text);
    CHECK(registration.has_data_center_name);
    CHECK(registration.instance.data_center == "Amazon");
    CHECK(registration.instance.data_center_metadata == model::Metadata{{"instance-id", "w1:orders:8080"}});
  }
}

TEST_CASE("what a data center lacks is told") {
  CHECK_FALSE(read_bare("").has_data_center);
  CHECK_FALSE(read_bare(R"(,"dataCenterInfo":null)").has_data_center);
  for (const char* text : {R"({"@class":"com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo"})", R"({"name":null})",
                           R"({"name":""})"}) {
    const eureka::Registration registration = read_bare(std::string(",\"dataCenterInfo\":") + text);
    CHECK(registration.has_data_center);
    CHECK_FALSE(registration.has_data_center_name);
  }
  CHECK(error(R"(,"dataCenterInfo":{})").field == "instance.dataCenterInfo");
  CHECK(error(R"(,"dataCenterInfo":"MyOwn")").field == "instance.dataCenterInfo");
  CHECK(error(R"(,"dataCenterInfo":{"name":[]})").field == "instance.dataCenterInfo.name");
}

TEST_CASE("the id is found where the client put it") {
  const auto id = [](std::string_view more) {
    const eureka::Registration registration = read_bare(more);
    return std::pair(registration.instance_id, registration.instance.id_given);
  };
  const std::string amazon =
      R"(,"dataCenterInfo":{"@class":"com.netflix.appinfo.AmazonInfo","name":"Amazon","metadata":{"instance-id":"i-7"}})";
  CHECK(id(R"(,"instanceId":"x","hostName":"w1")" + amazon) == std::pair(std::string("x"), true));
  CHECK(id(R"(,"instanceId":" ","hostName":"w1")") == std::pair(std::string(" "), true));
  CHECK(id(R"(,"hostName":"w1","metadata":{"instanceId":"m7"})" + amazon) == std::pair(std::string("w1:m7"), true));
  CHECK(id(R"(,"hostName":"w1","metadata":{"instanceId":"w1:m7"})") == std::pair(std::string("w1:m7"), true));
  CHECK(id(R"(,"hostName":"w1")" + amazon) == std::pair(std::string("i-7"), false));
  CHECK(id(R"(,"instanceId":"","hostName":"w1")") == std::pair(std::string("w1"), false));
  CHECK(id(R"(,"hostName":"w1","metadata":{"instanceId":""})") == std::pair(std::string("w1"), false));
  CHECK(id("") == std::pair(std::string(), false));
}

TEST_CASE("who coordinates is remembered") {
  CHECK(read(R"(,"isCoordinatingDiscoveryServer":true)").instance.coordinating);
  CHECK(read(R"(,"isCoordinatingDiscoveryServer":"true")").instance.coordinating);
  CHECK_FALSE(read(R"(,"isCoordinatingDiscoveryServer":"x")").instance.coordinating);
}
