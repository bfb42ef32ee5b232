#include "proto/eureka/write.hpp"

#include <catch2/catch.hpp>

#include "proto/eureka/read.hpp"
#include "tests/support/strict_decoder.hpp"
#include "tests/unit/proto/instances.hpp"

using namespace muster;
using eureka::Format;
using eureka::Shape;

// Goal: whatever an instance holds, what is written can be read by every client. Method: odd instances through the
// strict decoder, and the rules one by one.

namespace {

std::string json(std::string_view text) {
  std::string out;
  eureka::append_json_escaped(out, text);
  return out;
}

std::string xml(std::string_view text) {
  std::string out;
  eureka::append_xml_escaped(out, text);
  return out;
}

test::StrictInstance decode(test::Sample& sample, Format format) {
  std::string document;
  eureka::write_single(document, sample.out(), format);
  INFO(document);
  return test::decode_instance(document, format);
}

}  // namespace

TEST_CASE("JSON text is escaped where it must be, and nowhere else") {
  CHECK(json("plain /text/ <&>'") == "plain /text/ <&>'");
  CHECK(json("\"\\\b\t\n\f\r") == R"(\"\\\b\t\n\f\r)");
  CHECK(json(std::string_view("\0\x01\x1f\x7f", 4)) == "\\u0000\\u0001\\u001F\x7f");
  CHECK(json("\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80") == "\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80");
}

TEST_CASE("XML text is escaped, and what XML cannot carry is replaced") {
  CHECK(xml("plain /text/ \xC3\xA4\xF0\x9F\x98\x80") == "plain /text/ \xC3\xA4\xF0\x9F\x98\x80");
  CHECK(xml("&<>\"'") == "&amp;&lt;&gt;&quot;&apos;");
  CHECK(xml("a\tb\nc\rd\x7f") == "a\tb\nc&#xd;d&#x7f;");
  CHECK(xml(std::string_view("\0\x01\x1f", 3)) == "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
  CHECK(xml("\xEF\xBF\xBE\xEF\xBF\xBF\xEF\xBF\xBD") == "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST_CASE("invalid UTF-8 is replaced byte by byte in both formats") {
  const std::string mark = "\xEF\xBF\xBD";
  for (const auto& escaped : {json, xml}) {
    CHECK(escaped("a\xFFz") == "a" + mark + "z");
    CHECK(escaped("\xC3") == mark);
    CHECK(escaped("\xC3(") == mark + "(");
    CHECK(escaped("\xC0\x80") == mark + mark);
    CHECK(escaped("\xED\xA0\x80") == mark + mark + mark);
    CHECK(escaped("\xF4\x90\x80\x80") == mark + mark + mark + mark);
    CHECK(escaped("\xE2\x82") == mark + mark);
  }
}

TEST_CASE("the hash lists statuses in the order of their names and leaves out what is not there") {
  // up, down, starting, out of service, unknown
  CHECK(eureka::hash_code({0, 0, 0, 0, 0}).empty());
  CHECK(eureka::hash_code({4, 0, 0, 0, 0}) == "UP_4_");
  CHECK(eureka::hash_code({10, 1, 0, 2, 0}) == "DOWN_1_OUT_OF_SERVICE_2_UP_10_");
  CHECK(eureka::hash_code({1, 2, 3, 4, 5}) == "DOWN_2_OUT_OF_SERVICE_4_STARTING_3_UNKNOWN_5_UP_1_");
}

TEST_CASE("an instance with everything odd is read by the strictest readers") {
  test::Sample sample(test::odd_instance());
  const test::StrictInstance from_json = decode(sample, Format::json);
  CHECK(from_json.metadata.at("") == "no name in XML");
  CHECK(from_json.metadata.at("control") == "\x01\x1f\x7f\r\n");
  CHECK(from_json.metadata.at("a:b") == "unbound prefix");
  CHECK_FALSE(from_json.metadata.contains("@class"));
  CHECK(from_json.texts.at("dataCenterInfo.name") == "MyOwn");

  const test::StrictInstance from_xml = decode(sample, Format::xml);
  CHECK_FALSE(from_xml.metadata.contains(""));
  CHECK_FALSE(from_xml.metadata.contains("@class"));
  CHECK(from_xml.metadata.at("a:b") == "unbound prefix");
  CHECK(from_xml.metadata.at("A_B $1") == "escapes");
  CHECK(from_xml.metadata.at("control") == "\xEF\xBF\xBD\xEF\xBF\xBD\x7f\r\n");
  CHECK(from_xml.metadata.at("spaces") == "  x  ");
}

TEST_CASE("metadata of which XML can show nothing is marked empty") {
  model::Instance instance = test::bare_instance();
  instance.metadata = {{"", "x"}, {"@class", "y"}};
  test::Sample sample(instance);
  CHECK(decode(sample, Format::xml).metadata.empty());
  CHECK(decode(sample, Format::json).metadata.size() == 1);
}

TEST_CASE("the overlaid metadata is what is written") {
  test::Sample sample(test::spring_instance());
  eureka::InstanceOut out = sample.out();
  const std::pair<std::string_view, std::string_view> overlaid[] = {{"zone", "west"}};
  out.metadata = overlaid;
  std::string document;
  eureka::write_single(document, out, Format::json);
  CHECK(test::decode_instance(document, Format::json).metadata == std::map<std::string, std::string>{{"zone", "west"}});
}

TEST_CASE("an id that was not given is not written, and readers find the same one") {
  test::Sample sample(test::amazon_instance(), "ORDERS", "i-0cafe");
  for (const Format format : {Format::json, Format::xml}) {
    const test::StrictInstance instance = decode(sample, format);
    CHECK_FALSE(instance.texts.contains("instanceId"));
    CHECK(instance.id == "i-0cafe");
  }
}

TEST_CASE("an instance without a host name shows its address") {
  model::Instance instance = test::spring_instance();
  instance.host_name.clear();
  test::Sample sample(instance);
  CHECK(decode(sample, Format::json).texts.at("hostName") == "192.0.2.7");
  CHECK(decode(sample, Format::xml).texts.at("hostName") == "192.0.2.7");
}

TEST_CASE("seconds stay within what Java's readers hold") {
  test::Sample sample(test::spring_instance());
  eureka::InstanceOut out = sample.out();
  out.lease = {4294967295u, 4294967295u};
  for (const Format format : {Format::json, Format::xml}) {
    std::string document;
    eureka::write_single(document, out, format);
    CHECK(test::decode_instance(document, format).numbers.at("leaseInfo.durationInSecs") == 2147483647);
  }
}

TEST_CASE("a registration reads back equal from both formats") {
  for (const model::Instance& instance :
       {test::spring_instance(), test::full_instance(), test::bare_instance(), test::amazon_instance()}) {
    test::Sample sample(instance);
    std::string body;
    eureka::write_single(body, sample.out(), Format::json);
    CHECK(std::get<eureka::Registration>(eureka::read_json(body)).instance == instance);
    body.clear();
    eureka::write_single(body, sample.out(), Format::xml);
    CHECK(std::get<eureka::Registration>(eureka::read_xml(body)).instance == instance);
  }
}

TEST_CASE("the strict decoder refuses what breaks a client") {
  test::Sample sample(test::spring_instance());
  std::string good;
  eureka::write_single(good, sample.out(), Format::json);
  const auto replaced = [&good](const std::string& from, const std::string& to) {
    std::string bad = good;
    const std::size_t at = bad.find(from);
    REQUIRE(at != std::string::npos);
    return bad.replace(at, from.size(), to);
  };
  CHECK_NOTHROW(test::decode_instance(good, Format::json));
  const std::pair<const char*, const char*> changes[] = {
      {R"("app":)", R"("extra":1,"app":)"},
      {R"("$":8080)", R"("$":"8080")"},
      {R"("@enabled":"true")", R"("@enabled":true)"},
      {R"("status":"UP")", R"("status":"READY")"},
      {R"("durationInSecs":30)", R"("durationInSecs":"30")"},
      {R"("zone":"east")", R"("zone":1)"},
      {R"("zone":"east")", R"("zone":null)"},
      {R"("name":"MyOwn")", R"("name":"MyOwn","metadata":{})"},
      {R"("name":"MyOwn")", R"("name":"Custom")"},
      {R"("overriddenStatus")", R"("overriddenstatus")"},
      {R"("lastDirtyTimestamp":"1769999999990")", R"("lastDirtyTimestamp":1769999999990)"},
      {R"("hostName":"w1.example",)", ""},
      {R"("app":"ORDERS")", R"("app":"ORDERS","app":"ORDERS")"},
  };
  for (const auto& [from, to] : changes) {
    INFO(to);
    CHECK_THROWS_AS(test::decode_instance(replaced(from, to), Format::json), test::StrictError);
  }
}

TEST_CASE("the strict decoder refuses ill-formed XML") {
  CHECK(test::xml_problem("<a b=\"c\"><d>&amp;&#xd;</d><e/></a>").empty());
  for (const char* text : {"",
                           "x",
                           "<a>",
                           "<a></b>",
                           "<a/><b/>",
                           "<></>",
                           "<a:b/>",
                           "<a>&#x1;</a>",
                           "<a>\x01</a>",
                           "<a>&foo;</a>",
                           "<a>&</a>",
                           "<1/>",
                           "<a b=c/>",
                           "<a b=\"1\" b=\"2\"/>",
                           "<a b=\"<\"/>",
                           "<a>\xFF</a>",
                           "<a>\xEF\xBF\xBF</a>",
                           "<a>]]></a>",
                           "<\xE2\x82\xAC/>",
                           "<a"}) {
    INFO(text);
    CHECK_FALSE(test::xml_problem(text).empty());
  }
}
