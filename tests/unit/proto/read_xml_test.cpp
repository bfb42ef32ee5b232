#include "tests/unit/proto/read_support.hpp"

using namespace muster;
using eureka::read_xml;
using test::accepted;
using test::refused;

// Goal: XML registrations mean the same as JSON ones, by the rules of the dialect's XML reader, and nothing of XML's
// dangerous parts works. Method: a body as fargo would send it, with elements added at its end.

namespace {

std::string body(std::string_view more = "", std::string_view root = "instance") {
  const std::string name(root);
  return "<" + name +
         "><instanceId>w1</instanceId><hostName>w1.example</hostName><app>orders</app><ipAddr>192.0.2.7</ipAddr>"
         "<status>UP</status><port enabled=\"true\">8080</port><securePort enabled=\"false\">8443</securePort>"
         "<dataCenterInfo><name>MyOwn</name></dataCenterInfo>" +
         std::string(more) + "</" + name + ">";
}

eureka::Registration read(std::string_view more) {
  return accepted(read_xml(body(more)));
}

eureka::ReadError error(std::string_view more) {
  return refused(read_xml(body(more)));
}

}  // namespace

TEST_CASE("a plain XML registration is read") {
  const eureka::Registration registration = read("");
  CHECK(registration.app == "ORDERS");
  CHECK(registration.instance_id == "w1");
  CHECK(registration.has_data_center_name);
  model::Instance expected;
  expected.host_name = "w1.example";
  expected.address = "192.0.2.7";
  expected.port = {8080, true};
  expected.secure_port = {8443, false};
  CHECK(registration.instance == expected);
}

TEST_CASE("a declaration, a byte order mark and Java's class name as root are accepted") {
  accepted(read_xml("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + body()));
  accepted(read_xml("\xEF\xBB\xBF" + body()));
  accepted(read_xml(body("", "com.netflix.appinfo.InstanceInfo")));
}

TEST_CASE("another root is refused") {
  for (const char* text : {"<applications/>", "<application><name>A</name></application>", "<Instance/>"})
    CHECK(refused(read_xml(text)).field.empty());
}

TEST_CASE("what is no XML is refused") {
  for (const char* text : {"", "  ", "hello", "{\"instance\":{}}", "<instance>", "<instance><app>A</instance></app>",
                           "<instance><app>A</app></instance", "<instance><app", "<instance><!-- ", "<instance a='",
                           "<instance><![CDATA[x", "<instance><app>\xFF</app></instance>", "<instance>&foo;</instance>",
                           "<instance>a & b</instance>", "<instance>&#0;</instance>", "<instance>&#xd800;</instance>",
                           "<instance>&#x110000;</instance>", "<instance a=\"&foo;\"/>"}) {
    INFO(text);
    CHECK(refused(read_xml(text)).field.empty());
  }
  CHECK(refused(read_xml(std::string("<instance>\0</instance>", 22))).field.empty());
}

TEST_CASE("a DOCTYPE is refused, so no entity can grow") {
  CHECK(refused(read_xml("<!DOCTYPE i [<!ENTITY e \"x\">]>" + body("<vipAddress>&e;</vipAddress>"))).message ==
        "has a DOCTYPE; leave it out");
  refused(read_xml("<!doctype html>" + body()));
}

TEST_CASE("XML nesting has a limit") {
  const auto nested = [](int levels) {
    std::string open, close;
    for (int i = 0; i < levels; ++i) open += "<a>", close += "</a>";
    return body(open + close);
  };
  accepted(read_xml(nested(20)));
  CHECK(refused(read_xml(nested(40))).message == "is nested deeper than 32 levels");
  accepted(read_xml(nested(40), 64));
  std::string endless;
  for (int i = 0; i < 100000; ++i) endless += "<a>";
  refused(read_xml(endless));
}

TEST_CASE("many siblings are not nesting") {
  std::string many;
  for (int i = 0; i < 1000; ++i) many += "<a b=\"x>y\"/><c>/</c>";
  accepted(read_xml(body(many)));
}

TEST_CASE("unknown elements are ignored, nested ones too") {
  CHECK(read("<foo><hostName>other</hostName></foo><bar a=\"1\"/><!-- c --><?pi x?>").instance == read("").instance);
}

TEST_CASE("the enabled attribute has a default for each port") {
  CHECK(read("<port>9000</port>").instance.port == model::Port{9000, true});
  CHECK(read("<securePort>9443</securePort>").instance.secure_port == model::Port{9443, false});
  CHECK(read("<port enabled=\"false\"> 9000 </port>").instance.port == model::Port{9000, false});
}

TEST_CASE("an XML port that is none is refused by name") {
  for (const char* text : {"<port/>", "<port></port>", "<port>abc</port>", "<port>-1</port>", "<port>70000</port>"}) {
    INFO(text);
    CHECK(error(text).field == "instance.port.$");
  }
  CHECK(error("<securePort enabled=\"maybe\">1</securePort>").field == "instance.securePort.@enabled");
}

TEST_CASE("an XML status is read in any case, and an unknown one is UNKNOWN") {
  CHECK(read("<status>out_of_service</status>").status == model::Status::out_of_service);
  CHECK(read("<status>BOGUS</status>").status == model::Status::unknown);
  CHECK(read("<overriddenstatus>Down</overriddenstatus>").overridden == model::Status::down);
  CHECK(read("<overriddenStatus>STARTING</overriddenStatus>").overridden == model::Status::starting);
  CHECK(read("<overriddenstatus></overriddenstatus>").overridden == model::Status::unknown);
}

TEST_CASE("in XML the name alone decides on the data center") {
  const auto read_center = [](std::string_view text) {
    return accepted(read_xml("<instance><hostName>h</hostName><app>a</app>" + std::string(text) + "</instance>"));
  };
  CHECK(read_center("<dataCenterInfo class=\"x.Y\"><name>Netflix</name></dataCenterInfo>").instance.data_center ==
        "Netflix");
  const eureka::Registration amazon =
      read_center("<dataCenterInfo><name>aMAZON</name><metadata><ami-id>a</ami-id></metadata></dataCenterInfo>");
  CHECK(amazon.instance.data_center == "Amazon");
  CHECK(amazon.instance.data_center_metadata == model::Metadata{{"ami-id", "a"}, {"instance-id", "h"}});
  for (const char* none : {"", "<dataCenterInfo/>", "<dataCenterInfo><name/></dataCenterInfo>"})
    CHECK_FALSE(read_center(none).has_data_center);
  for (const char* name : {"myown", "Custom"})
    CHECK(error("<dataCenterInfo><name>" + std::string(name) + "</name></dataCenterInfo>").field ==
          "instance.dataCenterInfo.name");
}

TEST_CASE("XML lease numbers that are none give the defaults") {
  CHECK(read("<leaseInfo><renewalIntervalInSecs> 7 "
             "</renewalIntervalInSecs><durationInSecs>21</durationInSecs></leaseInfo>")
            .lease == model::LeaseRequest{7, 21});
  CHECK(
      read(
          "<leaseInfo><renewalIntervalInSecs>0</renewalIntervalInSecs><durationInSecs>abc</durationInSecs></leaseInfo>")
          .lease == model::LeaseRequest{});
}

TEST_CASE("XML metadata is decoded in names and values") {
  CHECK(read("<metadata class=\"java.util.Collections$EmptyMap\"/>").instance.metadata.empty());
  CHECK(read("<metadata><A__B>1</A__B><_-k>2</_-k><a_.0020b>3</a_.0020b><\xC3\xBC>4</\xC3\xBC></metadata>")
            .instance.metadata == model::Metadata{{"A_B", "1"}, {"$k", "2"}, {"a b", "3"}, {"\xC3\xBC", "4"}});
  CHECK(read("<metadata><v>&lt;&amp;&gt;&quot;&apos;&#65;&#x1F600;</v><c>a<![CDATA[<b>&]]>c</c><s>  x  </s><w>  "
             "</w><e/><n><m>x</m></n></metadata>")
            .instance.metadata ==
        model::Metadata{
            {"v", "<&>\"'A\xF0\x9F\x98\x80"}, {"c", "a<b>&c"}, {"s", "  x  "}, {"w", "  "}, {"e", ""}, {"n", ""}});
  CHECK(read("<metadata><a>1</a><a>2</a></metadata>").instance.metadata == model::Metadata{{"a", "2"}});
}

TEST_CASE("references to control characters are read, since Java's servers write them") {
  CHECK(read("<metadata><v>&#x1;&#xd;&#x7f;</v></metadata>").instance.metadata == model::Metadata{{"v", "\x01\r\x7f"}});
}

TEST_CASE("numbers in XML are read like those in JSON") {
  CHECK(read("<countryId>49</countryId>").instance.country_id == 49);
  CHECK(read("<lastDirtyTimestamp>1770000000000</lastDirtyTimestamp>").dirty_ms == 1770000000000);
  CHECK(read("<isCoordinatingDiscoveryServer>true</isCoordinatingDiscoveryServer>").instance.coordinating);
}

TEST_CASE("an application must be named in XML") {
  CHECK(refused(read_xml("<instance><hostName>h</hostName></instance>")).field == "instance.app");
  CHECK(accepted(read_xml("<instance><app></app></instance>")).app.empty());
}
