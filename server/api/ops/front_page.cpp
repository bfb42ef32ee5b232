#include "server/api/ops/front_page.hpp"

namespace muster::api::ops {
namespace {

/// The page shows commands to paste into a shell, so only what a host and port can be made of gets into them.
bool is_plain(std::string_view host) {
  constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:[]";
  constexpr std::size_t host_bytes_max = 255;
  return !host.empty() && host.size() <= host_bytes_max && host.find_first_not_of(plain) == std::string_view::npos;
}

constexpr std::string_view text = R"(muster: a service registry.

Register this machine as an instance of a service, renew, find, take out:

  curl -X PUT    http://HOST/v1/services/demo/instances/a -d '{"port": 8080}'
  curl -X PUT    http://HOST/v1/services/demo/instances/a/renew
  curl           http://HOST/v1/services/demo
  curl -X DELETE http://HOST/v1/services/demo/instances/a

/v1/services            services and how many instances each has
/v1/services/{service}  its instances; ?status=UP&zone=a&meta.version=2 picks some
/v1/self-preservation   what is held back from eviction, and why
/v1/events              what happened last: who came, who left, and why
/v1/node                this node and its configuration
/eureka/                for Eureka clients: serviceUrl.defaultZone = http://HOST/eureka/
/openapi.json           the native API, described for programs
/healthz /readyz        is the process alive, does it serve
/metrics                for Prometheus
)";

}  // namespace

std::string front_page(std::string_view host) {
  constexpr std::string_view mark = "HOST";
  if (!is_plain(host)) host = "127.0.0.1:8761";
  std::string page;
  std::string_view rest = text;
  for (auto place = rest.find(mark); place != std::string_view::npos; place = rest.find(mark)) {
    page.append(rest.substr(0, place)).append(host);
    rest.remove_prefix(place + mark.size());
  }
  return page.append(rest);
}

}  // namespace muster::api::ops
