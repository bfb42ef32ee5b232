// Goal: each request reaches its face. Method: three handlers that write down who was called.
#include <catch2/catch.hpp>

#include "server/api/router.hpp"

namespace {

using namespace muster::api;

struct Nobody final : Responder {
  void respond(Response) override {}
};

struct Named final : Handler {
  explicit Named(std::string name_of_face, std::string& called) : name(std::move(name_of_face)), last(called) {}
  void handle(const Request&, Responder&) override { last = name; }
  std::string name;
  std::string& last;
};

}  // namespace

TEST_CASE("the first path segment chooses the face") {
  std::string called;
  Named eureka("eureka", called);
  Named v1("v1", called);
  Named ops("ops", called);
  Router router(eureka, v1, ops);
  const auto face_of = [&](std::string_view target) {
    Nobody nobody;
    Request request;
    request.target = target;
    called.clear();
    router.handle(request, nobody);
    return called;
  };
  CHECK(face_of("/eureka/apps") == "eureka");
  CHECK(face_of("/eureka") == "eureka");
  CHECK(face_of("//eureka?x") == "eureka");
  CHECK(face_of("/eureka;x=1/apps") == "eureka");
  CHECK(face_of("http://host/eureka/apps") == "eureka");
  CHECK(face_of("/v1/services") == "v1");
  CHECK(face_of("/v1") == "v1");
  for (const char* target : {"/", "", "/v12", "/eurekas", "/Eureka/apps", "/healthz", "*", "?eureka"}) {
    INFO(target);
    CHECK(face_of(target) == "ops");
  }
}
