// Goal: every path and method of the dialect finds its resource or the code that clients know.
// Method: paths as clients write them, and the sets of methods recorded from a real server.
#include <catch2/catch.hpp>

#include "fixture.hpp"
#include "server/api/eureka/route.hpp"

namespace {

using namespace muster;
using muster::api::eureka::Resource;

Resource resource_of(std::string_view path) {
  const auto target = api::parse_target(path);
  REQUIRE(target);
  return api::eureka::find_route(*target).resource;
}

}  // namespace

TEST_CASE("paths with and without version, with any slashes, name the same") {
  for (const char* base : {"/eureka", "/eureka/v2", "//eureka", "/eureka//v2/"}) {
    INFO(base);
    const std::string at(base);
    CHECK(resource_of(at + "/apps") == Resource::apps);
    CHECK(resource_of(at + "/apps//") == Resource::apps);
    CHECK(resource_of(at + "/apps/delta/") == Resource::delta);
    CHECK(resource_of(at + "/apps/DELTA") == Resource::app);
    CHECK(resource_of(at + "/apps/a") == Resource::app);
    CHECK(resource_of(at + "/apps//a//i/") == Resource::instance);
    CHECK(resource_of(at + "/apps/delta/x") == Resource::instance);
    CHECK(resource_of(at + "/apps/a/i/status") == Resource::instance_status);
    CHECK(resource_of(at + "/apps/a/i/metadata") == Resource::instance_metadata);
    CHECK(resource_of(at + "/instances/i;x=1") == Resource::by_id);
    CHECK(resource_of(at + "/vips/v") == Resource::vip);
    CHECK(resource_of(at + "/svips/v") == Resource::svip);
    CHECK(resource_of(at + "/status") == Resource::server_status);
    CHECK(resource_of(at + "/asg/g/status") == Resource::asg_status);
  }
}

TEST_CASE("everything else is unknown") {
  for (const char* path : {"/eureka",
                           "/eureka/",
                           "/eureka/v2",
                           "/eureka/v1/apps",
                           "/eureka/V2/apps",
                           "/eureka/v2/v2/apps",
                           "/eureka/Apps",
                           "/eureka/apps/a/i/nothing",
                           "/eureka/apps/a/i/status/x",
                           "/eureka/vips",
                           "/eureka/svips/",
                           "/eureka/instances",
                           "/eureka/instances/a/b",
                           "/eureka/lastn",
                           "/eureka/serverinfo/statusoverrides",
                           "/eureka/peerreplication/batch/",
                           "/eureka/asg/g",
                           "/eureka/application.wadl",
                           "/eureka/apps/../apps/a",
                           "/apps"}) {
    INFO(path);
    CHECK(resource_of(path) == Resource::none);
    test::EurekaServer server;
    const auto answer = server.get(path);
    CHECK(answer.status == 404);
    CHECK(answer.body.empty());
  }
}

TEST_CASE("wrong methods are told the right ones") {
  test::EurekaServer server;
  const auto check = [&](const char* path, const char* allow, const char* allow_of_options,
                         std::initializer_list<const char*> wrong) {
    INFO(path);
    for (const char* method : wrong) {
      INFO(method);
      const auto answer = server.send(method, path);
      CHECK(answer.status == 405);
      CHECK(answer.header("Allow") == std::string(allow));
      CHECK(answer.body.empty());
    }
    const auto options = server.send("OPTIONS", path, {{"Accept", "text/html"}});
    CHECK(options.status == 200);
    CHECK(options.header("Allow") == std::string(allow_of_options));
    CHECK(options.body.empty());
  };
  const auto reads = {"POST", "PUT", "DELETE", "PATCH", "TRACE", "FOO"};
  for (const char* path : {"/eureka/apps", "/eureka/apps/delta", "/eureka/instances/i", "/eureka/vips/v",
                           "/eureka/svips/v", "/eureka/status"})
    check(path, "GET, OPTIONS", "GET, HEAD, OPTIONS", reads);
  check("/eureka/apps/A", "GET, OPTIONS, POST", "GET, HEAD, OPTIONS, POST", {"PUT", "DELETE", "PATCH"});
  check("/eureka/apps/A/i", "DELETE, GET, OPTIONS, PUT", "DELETE, GET, HEAD, OPTIONS, PUT", {"POST", "PATCH"});
  check("/eureka/apps/A/i/status", "DELETE, OPTIONS, PUT", "DELETE, OPTIONS, PUT", {"GET", "HEAD", "POST", "PATCH"});
  check("/eureka/apps/A/i/metadata", "OPTIONS, PUT", "OPTIONS, PUT", {"GET", "HEAD", "POST", "DELETE", "PATCH"});
  check("/eureka/asg/g/status", "OPTIONS, PUT", "OPTIONS, PUT", {"GET", "POST"});
}

TEST_CASE("a path that cannot be decoded is refused") {
  test::EurekaServer server;
  for (const char* path :
       {"/eureka/apps/A%2Fi", "/eureka/apps/A%5Ci", "/eureka/apps/%zz", "/eureka/apps/%ff", "/eureka/apps/A?x=%"}) {
    INFO(path);
    const auto answer = server.get(path);
    CHECK(answer.status == 400);
    CHECK(answer.body.empty());
  }
}
