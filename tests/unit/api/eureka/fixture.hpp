#pragma once

#include <zlib.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proto/model/payload.hpp"
#include "server/api/eureka/face.hpp"
#include "server/api/eureka/form.hpp"
#include "server/core/view.hpp"
#include "tests/support/exchange.hpp"
#include "tests/support/node_registry.hpp"

// What the tests of the Eureka face share: a face over a real core, a client's registration, views made by hand.
namespace muster::test {

using Headers = std::vector<std::pair<std::string, std::string>>;

inline const Headers json_accept = {{"Accept", "application/json"}};
inline const Headers xml_accept = {{"Accept", "application/xml"}};

/// A registration as Spring's client sends it, with the fields that tests vary.
struct Body {
  std::string app = "BILLING";
  std::string id = "n1.example:billing:9000";
  std::string status = "UP";
  std::string dirty = "1760000000000";
  std::string vip = "billing";
  std::string metadata = R"({"management.port":"9000"})";
  std::string lease = R"({"renewalIntervalInSecs":30,"durationInSecs":90})";

  std::string json() const {
    return R"({"instance":{"instanceId":")" + id + R"(","app":")" + app +
           R"(","appGroupName":null,"ipAddr":"10.1.2.3","sid":"na","homePageUrl":"http://n1:9000/",)"
           R"("statusPageUrl":"http://n1:9000/actuator/info","healthCheckUrl":"http://n1:9000/actuator/health",)"
           R"("vipAddress":")" +
           vip + R"(","secureVipAddress":"s)" + vip +
           R"(","countryId":1,"dataCenterInfo":{"@class":"com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo",)"
           R"("name":"MyOwn"},"hostName":"n1.example","status":")" +
           status + R"(","overriddenStatus":"UNKNOWN","leaseInfo":)" + lease +
           R"(,"isCoordinatingDiscoveryServer":false,"lastDirtyTimestamp":)" + dirty +
           R"(,"port":{"$":9000,"@enabled":"true"},"securePort":{"$":443,"@enabled":"false"},"metadata":)" + metadata +
           "}}";
  }
};

/// A face over a real core; everything is answered before the call returns.
struct EurekaServer {
  NodeRegistry registry;
  InlineBackground background;
  api::eureka::Replicas replicas;
  api::eureka::Face face;

  explicit EurekaServer(api::eureka::Settings settings = {})
      : face(registry, background, std::move(settings), [this] { return replicas; }) {}

  Answer send(std::string method, std::string target, Headers headers = {}, std::string body = {}) {
    Call call;
    call.method = std::move(method);
    call.target = std::move(target);
    call.headers = std::move(headers);
    call.body = std::move(body);
    return test::send(face, call);
  }
  Answer get(std::string target, Headers headers = json_accept) {
    return send("GET", std::move(target), std::move(headers));
  }
  Answer post(const Body& body) {
    return send("POST", "/eureka/apps/" + body.app, {{"Content-Type", "application/json"}}, body.json());
  }
};

/// Inflates one gzip member by zlib; empty when it is not exactly one.
inline std::string gunzip(std::string_view packed) {
  z_stream stream{};
  if (inflateInit2(&stream, MAX_WBITS + 16) != Z_OK) return {};
  std::string out;
  std::string room(1 << 16, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  int result = Z_OK;
  while (result == Z_OK) {
    stream.next_out = reinterpret_cast<Bytef*>(room.data());
    stream.avail_out = static_cast<uInt>(room.size());
    result = inflate(&stream, Z_NO_FLUSH);
    out.append(room, 0, room.size() - stream.avail_out);
  }
  const bool whole = result == Z_STREAM_END && stream.avail_in == 0;
  inflateEnd(&stream);
  return whole ? out : std::string();
}

/// A live entry made by hand.
inline core::EntryPtr an_entry(std::shared_ptr<const std::string> service, std::string id,
                               model::Instance instance = {}, core::Status status = core::Status::up) {
  if (instance.host_name.empty()) instance.host_name = "n1.example";
  if (instance.address.empty()) instance.address = "10.1.2.3";
  core::Entry entry;
  entry.service = std::move(service);
  entry.id = std::move(id);
  core::Registration registration;
  registration.payload = model::pack(instance);
  registration.reported = status;
  registration.dirty_ms = 1'760'000'000'000;
  entry.record.registration = std::move(registration);
  entry.visible = status;
  return std::make_shared<const core::Entry>(std::move(entry));
}

/// A view of `services` services with `each` instances, in segments of at most `segment_size`.
inline std::shared_ptr<core::RegistryView> a_registry(std::size_t services, std::size_t each, std::size_t segment_size,
                                                      const model::Instance& instance = {}) {
  auto view = std::make_shared<core::RegistryView>();
  auto segment = std::make_shared<core::Segment>();
  const auto close = [&] {
    if (!segment->entries.empty()) view->segments.push_back(std::exchange(segment, std::make_shared<core::Segment>()));
  };
  for (std::size_t s = 0; s < services; ++s) {
    auto name = std::make_shared<const std::string>("service-" + std::to_string(1000 + s));
    for (std::size_t i = 0; i < each; ++i) {
      if (segment->entries.size() == segment_size) close();
      segment->entries.push_back(an_entry(name, "i-" + std::to_string(100000 + i), instance));
    }
  }
  close();
  view->size = services * each;
  view->counts[static_cast<std::size_t>(core::Status::up)] = view->size;
  view->revision = 7;
  return view;
}

}  // namespace muster::test
