#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "server/api/v1/face.hpp"
#include "tests/support/exchange.hpp"
#include "tests/support/node_registry.hpp"

// The native face over a real node, for the tests of this folder.
namespace muster::test {

using Json = nlohmann::ordered_json;

struct Fixture {
  NodeRegistry registry;
  InlineBackground background;
  api::v1::Settings settings;
  api::v1::EventQuery asked;  ///< by the last GET /v1/events
  std::string events_json = R"({"events":[],"next":0,"dropped":false})";
  api::v1::Face face{registry,
                     background,
                     settings,
                     {.node = [] { return std::string(R"({"id":"n1"})"); },
                      .peers = [] { return std::string(R"({"peers":[]})"); },
                      .diff = [] { return std::string(R"({"differ":[]})"); },
                      .events =
                          [this](const api::v1::EventQuery& query) {
                            asked = query;
                            return events_json;
                          }}};

  Fixture() = default;
  explicit Fixture(const core::Settings& core_settings) : registry(core_settings) {}

  Answer call(std::string method, std::string target, std::string body = {}) {
    Call call;
    call.method = std::move(method);
    call.target = std::move(target);
    call.body = std::move(body);
    return send(face, call);
  }

  Answer put(std::string target, std::string body = {}) { return call("PUT", std::move(target), std::move(body)); }
  Answer get(std::string target) { return call("GET", std::move(target)); }
};

Json json_of(const Answer& answer);

inline constexpr const char* instance_path = "/v1/services/orders/instances/a";

}  // namespace muster::test
