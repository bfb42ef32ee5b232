// Goal: lists, single instances and deltas show what was written, from one state, and cost nothing when nothing
// changed. Method: a face over a real core; for what is done away from the loop, a background that the test moves.
#include <catch2/catch.hpp>

#include <deque>

#include "fixture.hpp"
#include "tests/support/strict_decoder.hpp"

namespace {

using namespace muster;
using api::eureka::Format;
using api::eureka::Shape;

test::StrictList list_of(const test::Answer& answer) {
  REQUIRE(answer.status == 200);
  return test::decode_list(answer.body, Format::json, Shape::full);
}

test::Headers with_tag(const std::string& tag) {
  return {{"Accept", "application/json"}, {"If-None-Match", tag}};
}

}  // namespace

TEST_CASE("an empty server answers every list") {
  test::EurekaServer server;
  for (const char* path : {"/eureka/apps", "/eureka/apps/delta", "/eureka/vips/none", "/eureka/svips/none"}) {
    INFO(path);
    const auto list = list_of(server.get(path));
    CHECK(list.hash.empty());
    CHECK(list.applications.empty());
  }
  CHECK(list_of(server.get("/eureka/apps")).version == "1");
  CHECK(list_of(server.get("/eureka/vips/none")).version == "-1");
  CHECK(list_of(server.get("/eureka/apps/delta")).version != "-1");
}

TEST_CASE("every read shows every write at once, full and delta under one hash") {
  test::EurekaServer server;
  std::string last_version;
  const auto check = [&](const std::string& hash, const std::string& action) {
    const auto full = list_of(server.get("/eureka/apps"));
    const auto delta = list_of(server.get("/eureka/apps/delta"));
    CHECK(full.hash == hash);
    CHECK(full.computed_hash() == hash);
    CHECK(delta.hash == hash);
    CHECK(delta.version != last_version);
    last_version = delta.version;
    REQUIRE(delta.applications.size() == 1);
    CHECK(delta.applications[0].instances[0].texts.at("actionType") == action);
  };
  const std::string path = "/eureka/apps/BILLING/n1.example:billing:9000";
  REQUIRE(server.post({}).status == 204);
  check("UP_1_", "ADDED");
  REQUIRE(server.send("PUT", path + "/status?value=DOWN").status == 200);
  check("DOWN_1_", "MODIFIED");
  REQUIRE(server.send("DELETE", path).status == 200);
  check("", "DELETED");
  test::Body again;
  again.dirty = "1760000000001";
  REQUIRE(server.post(again).status == 204);
  check("UP_1_", "ADDED");
  server.registry.advance(std::chrono::seconds(60));
  REQUIRE(server.send("PUT", path).status == 200);
  CHECK(list_of(server.get("/eureka/apps/delta")).version == last_version);  // a renewal is no change
}

TEST_CASE("a change leaves the delta after the retention") {
  test::EurekaServer server;
  test::Body body;
  body.lease = R"({"renewalIntervalInSecs":300,"durationInSecs":900})";
  REQUIRE(server.post(body).status == 204);
  CHECK(list_of(server.get("/eureka/apps/delta")).applications.size() == 1);
  server.registry.advance(std::chrono::seconds(200));
  const auto delta = list_of(server.get("/eureka/apps/delta"));
  CHECK(delta.applications.empty());
  CHECK(delta.hash == "UP_1_");
}

TEST_CASE("a delta that is switched off is forbidden") {
  api::eureka::Settings settings;
  settings.delta = false;
  test::EurekaServer server(settings);
  const auto answer = server.get("/eureka/apps/delta");
  CHECK(answer.status == 403);
  CHECK(answer.body.empty());
}

TEST_CASE("applications, ids and VIP addresses find their instances") {
  test::EurekaServer server;
  test::Body a;
  a.vip = "one,two, three";
  REQUIRE(server.post(a).status == 204);
  test::Body b;
  b.app = "OTHER";
  b.vip = "one";
  b.status = "DOWN";
  REQUIRE(server.post(b).status == 204);
  CHECK(server.get("/eureka/apps/billing").status == 200);
  CHECK(server.get("/eureka/apps/nope").status == 404);
  CHECK(server.get("/eureka/instances/n1.example%3Abilling%3A9000").status == 200);
  CHECK(server.get("/eureka/instances/nope").status == 404);
  CHECK(server.get("/eureka/apps/BILLING/N1.example:billing:9000").status == 404);
  CHECK(list_of(server.get("/eureka/vips/one")).hash == "DOWN_1_UP_1_");
  CHECK(list_of(server.get("/eureka/vips/two")).hash == "UP_1_");
  CHECK(list_of(server.get("/eureka/vips/three")).hash.empty());
  CHECK(list_of(server.get("/eureka/vips/%20three")).hash == "UP_1_");
  CHECK(list_of(server.get("/eureka/vips/ONE")).hash.empty());
  CHECK(list_of(server.get("/eureka/svips/sone")).hash == "DOWN_1_UP_1_");
}

TEST_CASE("a single instance shows its last renewal, lists that of the last change") {
  test::EurekaServer server;
  REQUIRE(server.post({}).status == 204);
  server.registry.advance(std::chrono::seconds(30));
  const std::string path = "/eureka/apps/BILLING/n1.example:billing:9000";
  REQUIRE(server.send("PUT", path).status == 200);
  const auto single = test::decode_instance(server.get(path).body, Format::json);
  CHECK(single.numbers.at("leaseInfo.lastRenewalTimestamp") == test::NodeRegistry::start_ms + 30'000);
  CHECK(single.numbers.at("leaseInfo.registrationTimestamp") == test::NodeRegistry::start_ms);
}

TEST_CASE("who has the newest state is told so") {
  test::EurekaServer server;
  REQUIRE(server.post({}).status == 204);
  for (const std::string path : {"/eureka/apps", "/eureka/apps/delta", "/eureka/apps/BILLING"}) {
    INFO(path);
    const auto tag = server.get(path).header("ETag");
    REQUIRE(tag);
    const auto same = server.get(path, with_tag(*tag));
    CHECK(same.status == 304);
    CHECK(same.body.empty());
    CHECK(same.header("ETag") == tag);
    CHECK(server.get(path, {{"Accept", "application/xml"}, {"If-None-Match", *tag}}).status == 200);
    test::Body next;
    next.id = "i" + std::to_string(server.registry.node().gauges().instances);
    REQUIRE(server.post(next).status == 204);
    CHECK(server.get(path, with_tag(*tag)).status == 200);
  }
}

TEST_CASE("unchanged lists are encoded once") {
  test::EurekaServer server;
  REQUIRE(server.post({}).status == 204);
  for (const char* path : {"/eureka/apps", "/eureka/apps/delta", "/eureka/apps/BILLING"}) {
    INFO(path);
    const auto first = server.get(path).body;
    CHECK(server.get(path).body == first);
    CHECK(server.send("HEAD", path, test::json_accept).body == first);  // the session leaves the body out
  }
}

TEST_CASE("what takes too long for the loop is encoded away from it, and its reader waits") {
  struct HandBackground final : api::Background {
    std::deque<std::pair<std::function<void()>, std::function<void()>>> jobs;
    bool full = false;
    bool run(std::function<void()> job, std::function<void()> done) override {
      if (full) return false;
      jobs.emplace_back(std::move(job), std::move(done));
      return true;
    }
  } background;
  struct Keep final : api::Responder {
    std::vector<api::Response> responses;
    void respond(api::Response response) override { responses.push_back(std::move(response)); }
  } keep;
  constexpr std::size_t count = 6000;
  for (const char* path :
       {"/eureka/apps", "/eureka/apps/delta", "/eureka/apps/BILLING", "/eureka/vips/v", "/eureka/instances/i5000"}) {
    INFO(path);
    test::NodeRegistry registry;
    for (std::size_t i = 0; i < count; ++i) {
      core::Register command;
      command.key = {"billing", "i" + std::to_string(i)};
      model::Instance instance;
      instance.host_name = instance.address = "10.0.0.1";
      instance.vip_address = "v";
      instance.metadata = {{"k", std::string(300, 'x')}};
      command.payload = model::pack(instance);
      registry.run(std::move(command));
    }
    api::eureka::Face face(registry, background, {}, [] { return api::eureka::Replicas{}; });
    keep.responses.clear();
    const api::Header accept{"Accept", "application/json"};
    api::Request request;
    request.target = path;
    request.headers = {&accept, 1};
    background.full = true;
    face.handle(request, keep);
    REQUIRE(keep.responses.size() == 1);
    CHECK(keep.responses[0].status == 503);
    CHECK(keep.responses[0].header_lines == "Retry-After: 1\r\n");
    keep.responses.clear();
    background.full = false;
    face.handle(request, keep);
    CHECK(keep.responses.empty());
    REQUIRE(background.jobs.size() == 1);
    background.jobs.front().first();
    background.jobs.front().second();
    background.jobs.clear();
    REQUIRE(keep.responses.size() == 1);
    CHECK(keep.responses[0].status == 200);
    if (std::string_view(path).starts_with("/eureka/instances/")) {
      CHECK(keep.responses[0].text.find("\"i5000\"") != std::string::npos);
      continue;
    }
    CHECK(keep.responses[0].body_size() > count * 900);
    CHECK(keep.responses[0].shared.front().owner);
  }
}

TEST_CASE("the status page has both formats, every field and no secrets") {
  test::EurekaServer server;
  const auto json = server.get("/eureka/status", {{"Accept", "application/json"}, {"Host", "eureka.example:8761"}});
  CHECK(json.status == 200);
  CHECK(json.body.find(R"("healthy":true)") != std::string::npos);
  CHECK(json.body.find(R"("environment":"production")") != std::string::npos);
  CHECK(json.body.find(R"("hostName":"eureka.example")") != std::string::npos);
  CHECK(json.body.find(R"("port":{"$":8761,)") != std::string::npos);
  const auto xml = server.get("/eureka/status", {{"Host", "[::1]:1"}});
  CHECK(test::xml_problem(xml.body).empty());
  CHECK(xml.body.find("<isHeathly>true</isHeathly>") != std::string::npos);
  CHECK(xml.body.find("<hostName>[::1]</hostName>") != std::string::npos);
  CHECK(server.get("/eureka/status", {{"Host", "\"><&\x01"}}).status == 200);
}
