#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <string>
#include <vector>

#include "tests/unit/api/v1/fixture.hpp"

// Bodies that people and programs get wrong. Goal: each answer is a problem document that names the field at fault,
// says why, and changes nothing. Method: a table of bodies, each put to the face over a real node.
using namespace muster;
using namespace muster::test;

namespace {

struct Row {
  std::string body;
  std::string field;
  unsigned status = 400;
};

using Rows = std::vector<Row>;

const Rows broken_documents{
    {"{", "body"},
    {"nonsense", "body"},
    {"{} {}", "body"},
    {"[]", "body"},
    {"null", "body"},
    {"\"text\"", "body"},
    {"12", "body"},
    {"{\"port\": 8080", "body"},
    {"{'port': 8080}", "body"},
    {"{\"port\": 8080,}", "body"},
    {"{\"port\": tru}", "port"},
    {"{\"port\" 8080}", "port"},
    {"{\"metadata\": {\"owner\": \"x}}", "metadata.owner"},
    {"{\"host_name\": \"\xff\"}", "host_name"},
    {"{\"host_name\": \"\\ud800\"}", "host_name"},
    {"{\"host_name\": \"a\nb\"}", "host_name"},
    {"<instance/>", "body"},
    {"port=8080", "body"},
    {std::string("{\"zone\": \"a\"}\0", 14), "body"},
    {std::string(100'000, '['), "[0][0][0][0]"},
    {"{\"metadata\": " + std::string(50, '['), "metadata[0][0][0]"},
};

const Rows unknown_fields{
    {R"({"prot": 8080})", "prot"},
    {R"({"hostName": "a"})", "hostName"},
    {R"({"instance": {"app": "A"}})", "instance"},
    {R"({"": 1})", "\"\""},
    {R"({"port": 8080, "port": 8081})", "port"},
    {R"({"zone": "a", "metadata": {}, "zone": "b"})", "zone"},
    {R"({"metadata": {"a": "1", "a": "2"}})", "metadata.a"},
    {R"({"lease": {"interval": 30}})", "lease.interval"},
    {R"({"lease": {"interval_s": 1, "interval_s": 2}})", "lease.interval_s"},
    {R"({"data_center": {"Name": "MyOwn"}})", "data_center.Name"},
};

const Rows contradictions{
    {R"({"service": "other"})", "service"},
    {R"({"id": "other"})", "id"},
    {R"({"id": 7})", "id"},
};

const Rows ports{
    {R"({"port": "8080"})", "port"},
    {R"({"port": "abc"})", "port"},
    {R"({"port": 0})", "port"},
    {R"({"port": -1})", "port"},
    {R"({"port": 65536})", "port"},
    {R"({"port": 80.5})", "port"},
    {R"({"port": 99999999999999999999999999})", "port"},
    {R"({"port": 1e400})", "port"},
    {R"({"port": true})", "port"},
    {R"({"port": [8080]})", "port"},
    {R"({"port": {"number": "8080"}})", "port.number"},
    {R"({"port": {"number": 70000}})", "port.number"},
    {R"({"port": {"number": 80, "enabled": "yes"}})", "port.enabled"},
    {R"({"port": {"$": 80, "@enabled": "true"}})", "port.$"},
    {R"({"port": 80, "disabled_port": 81})", "disabled_port"},
    {R"({"disabled_port": 81, "port": {"number": 80}})", "port"},
    {R"({"secure_port": "https"})", "secure_port"},
    {R"({"disabled_secure_port": null, "secure_port": 1.5})", "secure_port"},
};

const Rows texts{
    {R"({"address": "orders.example"})", "address"},
    {R"({"address": ""})", "address"},
    {R"({"address": "10.0.0.300"})", "address"},
    {R"({"address": "10.0.0.7:8080"})", "address"},
    {R"({"address": "10.0.0.7\u0000"})", "address"},
    {R"({"address": 10})", "address"},
    {R"({"host_name": 7})", "host_name"},
    {R"({"host_name": ["a"]})", "host_name"},
    {R"({"host_name": "a\u0000b"})", "host_name"},
    {R"({"zone": {}})", "zone"},
    {R"({"zone": "a\tb"})", "zone"},
    {R"({"home_page_url": false})", "home_page_url"},
    {R"({"vip_address": ["orders"]})", "vip_address"},
    {R"({"app_group": "a\u001b"})", "app_group"},
};

const Rows numbers_and_names{
    {R"({"status": "up"})", "status"},
    {R"({"status": "READY"})", "status"},
    {R"({"status": ""})", "status"},
    {R"({"status": 1})", "status"},
    {R"({"reported_status": "nope"})", "reported_status"},
    {R"({"override": {"value": 7}})", "override"},
    {R"({"version": 7})", "version"},
    {R"({"warnings": [[]]})", "warnings"},
    {R"({"up_since": true})", "up_since"},
    {R"({"lease": {"state": 1}})", "lease.state"},
    {R"({"lease": {"expires_in_ms": true}})", "lease.expires_in_ms"},
    {R"({"lease": 30})", "lease"},
    {R"({"lease": [30, 90]})", "lease"},
    {R"({"lease": {"interval_s": 0}})", "lease.interval_s"},
    {R"({"lease": {"interval_s": "30"}})", "lease.interval_s"},
    {R"({"lease": {"duration_s": -5}})", "lease.duration_s"},
    {R"({"lease": {"duration_s": 1e300}})", "lease.duration_s"},
    {R"({"lease": {"duration_s": 90.5}})", "lease.duration_s"},
    {R"({"incarnation": 0})", "incarnation"},
    {R"({"incarnation": "1"})", "incarnation"},
    {R"({"incarnation": 9007199254740993})", "incarnation"},
};

const Rows metadata{
    {R"({"metadata": []})", "metadata"},
    {R"({"metadata": "a=b"})", "metadata"},
    {R"({"metadata": {"owner": null}})", "metadata.owner"},
    {R"({"metadata": {"owner": {"team": "a"}}})", "metadata.owner"},
    {R"({"metadata": {"owner": ["a"]}})", "metadata.owner"},
    {R"({"metadata": {"n": 123456789012345678901234567890}})", "metadata.n"},
    {R"({"metadata": {"n": 9007199254740993}})", "metadata.n"},
    {R"({"metadata": {"n": -1e300}})", "metadata.n"},
    {R"({"country_id": "DE"})", "country_id"},
    {R"({"country_id": -1})", "country_id"},
    {R"({"data_center": "MyOwn"})", "data_center"},
    {R"({"data_center": {"name": ""}})", "data_center.name"},
    {R"({"data_center": {"name": 1}})", "data_center.name"},
    {R"({"data_center": {"metadata": {"a": "b"}}})", "data_center.metadata"},
    {R"({"data_center": {"name": "Amazon", "metadata": {"a": []}}})", "data_center.metadata.a"},
};

const Rows limits{
    {R"({"host_name": ")" + std::string(2049, 'h') + "\"}", "host_name", 413},
    {R"({"metadata": {"k": ")" + std::string(4097, 'v') + "\"}}", "metadata.k", 413},
    {R"({"metadata": {")" + std::string(256, 'k') + "\": \"v\"}}", "metadata", 413},
};

void check_problem(const Answer& answer, unsigned status, const std::string& field) {
  CHECK(answer.status == status);
  CHECK(answer.content_type == "application/problem+json");
  REQUIRE_NOTHROW(json_of(answer));
  const Json problem = json_of(answer);
  CHECK(problem["status"] == answer.status);
  CHECK(problem["field"] == field);
  CHECK(problem["in"] == "body");
  CHECK(problem["detail"].get<std::string>().starts_with(field));
  CHECK(answer.body.size() < 1024);
}

}  // namespace

TEST_CASE("every malformed registration is answered with its field") {
  Fixture fixture;
  std::size_t count = 0;
  for (const Rows* rows :
       {&broken_documents, &unknown_fields, &contradictions, &ports, &texts, &numbers_and_names, &metadata, &limits}) {
    for (const Row& row : *rows) {
      INFO(row.body.substr(0, 200));
      const Answer answer = fixture.put(instance_path, row.body);
      INFO(answer.body);
      check_problem(answer, row.status, row.field);
      ++count;
    }
  }
  CHECK(count >= 50);
  CHECK(fixture.registry.node().service("orders") == nullptr);
}

TEST_CASE("a number beyond every integer is answered with what the field may be") {
  Fixture fixture;
  struct Case {
    const char* body;
    const char* field;
    const char* said;
  };
  const char* const lease = "must be a whole number from 1 to 2147483647, not ";
  const Case cases[] = {
      {R"({"port": 99999999999999999999})", "port", "must be a whole number from 1 to 65535, not "},
      {R"({"port": -99999999999999999999})", "port", "must be a whole number from 1 to 65535, not -"},
      {R"({"lease": {"duration_s": 99999999999999999999}})", "lease.duration_s", lease},
      {R"({"lease": {"interval_s": 1e400}})", "lease.interval_s", "2147483647, not a number beyond 1e308"},
      {R"({"incarnation": 123456789012345678901234567890})", "incarnation", "must be a whole number from 1 to "},
      {R"({"country_id": 18446744073709551616})", "country_id", "must be a whole number from 0 to 2147483647"},
      {R"({"host_name": 99999999999999999999})", "host_name", "must be text in quotes, not "},
      {R"({"metadata": {"a \" 9": "\\", "n": 99999999999999999999}})", "metadata.n", "must be text in quotes when"},
      {R"({"metadata": {"n": -1e400}})", "metadata.n", "not a number beyond -1e308"},
      {R"({"prot": 99999999999999999999})", "prot", "did you mean port?"},
      {R"({"port": 99999999999999999999, "zone": })", "zone", "is not valid JSON at byte 40"},
      {R"({"port": 00000000000000000000})", "body", "is not valid JSON"},
  };
  for (const Case& one : cases) {
    INFO(one.body);
    const Answer answer = fixture.put(instance_path, one.body);
    check_problem(answer, 400, one.field);
    CHECK_THAT(json_of(answer)["detail"].get<std::string>(), Catch::Contains(one.said));
  }
  const std::string digits(400, '9');
  const Answer answer = fixture.put(instance_path, R"({"port": )" + digits + "}");
  check_problem(answer, 400, "port");
  CHECK_THAT(json_of(answer)["detail"].get<std::string>(), Catch::Contains("from 1 to 65535"));
}

TEST_CASE("more metadata entries than the limit are refused without reading them all") {
  Fixture fixture;
  std::string body = R"({"metadata": {)";
  for (int i = 0; i < 5000; ++i) body += (i == 0 ? "\"k" : ",\"k") + std::to_string(i) + "\":\"v\"";
  check_problem(fixture.put(instance_path, body + "}}"), 413, "metadata");
}

TEST_CASE("a misspelt field is answered with the one that was meant") {
  Fixture fixture;
  const auto detail = [&](const std::string& body) {
    return json_of(fixture.put(instance_path, body))["detail"].get<std::string>();
  };
  CHECK(detail(R"({"prot": 8080})") == "prot is not a field known here; did you mean port?");
  CHECK(detail(R"({"hostName": "a"})").find("did you mean host_name?") != std::string::npos);
  CHECK(detail(R"({"ip": "10.0.0.7"})").find("known are") != std::string::npos);
}

TEST_CASE("the other bodies name their fields too") {
  Fixture fixture;
  REQUIRE(fixture.put(instance_path).status == 201);
  struct Other {
    std::string method;
    std::string target;
    std::string body;
    std::string field;
    unsigned status = 400;
  };
  const std::string path = instance_path;
  const std::vector<Other> rows{
      {"PUT", path + "/status", "", "status"},
      {"PUT", path + "/status", "UP", "body"},
      {"PUT", path + "/status", R"({"status": "Up"})", "status"},
      {"PUT", path + "/status", R"({"status": null})", "status"},
      {"PUT", path + "/status", R"({"value": "UP"})", "value"},
      {"PUT", path + "/status", R"({"status": "UP", "incarnation": -1})", "incarnation"},
      {"PUT", path + "/drain", R"({"reason": 5})", "reason"},
      {"PUT", path + "/drain", R"({"reason": "a\nb"})", "reason"},
      {"PUT", path + "/drain", R"({"ttl_s": 0})", "ttl_s"},
      {"PUT", path + "/drain", R"({"ttl_s": "60"})", "ttl_s"},
      {"PUT", path + "/drain", R"({"ttl_s": 31536001})", "ttl_s"},
      {"PUT", path + "/drain", R"({"ttl": 60})", "ttl"},
      {"PUT", path + "/drain", R"({"by": {}})", "by"},
      {"PUT", path + "/drain", R"({"reason": ")" + std::string(1025, 'r') + "\"}", "reason", 413},
      {"PATCH", path + "/metadata", "[]", "body"},
      {"PATCH", path + "/metadata", R"({"a": {"b": "c"}})", "metadata.a"},
      {"PATCH", path + "/metadata", R"({"a": "1", "a": null})", "metadata.a"},
      {"PATCH", path + "/metadata", R"({"a": ")" + std::string(4097, 'v') + "\"}", "metadata.a", 413},
      {"POST", "/v1/renew", "", "instances"},
      {"POST", "/v1/renew", R"({"instances": {}})", "instances"},
      {"POST", "/v1/renew", R"({"instances": ["a"]})", "instances[0]"},
      {"POST", "/v1/renew", R"({"instances": [{"service": "a", "id": "b"}, {"service": "a"}]})", "instances[1].id"},
      {"POST", "/v1/renew", R"({"instances": [{"service": "a", "id": 7}]})", "instances[0].id"},
      {"POST", "/v1/renew", R"({"instances": [{"app": "a", "id": "b"}]})", "instances[0].app"},
      {"POST", "/v1/renew", R"({"items": []})", "items"},
  };
  for (const Other& row : rows) {
    INFO(row.method << " " << row.target << " " << row.body.substr(0, 100));
    const Answer answer = fixture.call(row.method, row.target, row.body);
    INFO(answer.body);
    check_problem(answer, row.status, row.field);
  }
}
