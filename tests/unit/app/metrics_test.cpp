// Goal: the number of series is bounded whatever clients register, and no series comes twice. Method: made-up views.
#include <set>
#include <sstream>

#include <catch2/catch.hpp>

#include "server/app/metrics.hpp"

using namespace muster;

namespace {

app::MetricsSnapshot with_services(const std::vector<std::pair<std::string, std::size_t>>& sizes) {
  auto all = std::make_shared<core::ServicesView>();
  auto summaries = std::make_shared<std::vector<core::ServiceSummary>>();
  for (const auto& [name, size] : sizes) {
    core::ServiceSummary service;
    service.name = std::make_shared<const std::string>(name);
    service.size = size;
    service.counts[static_cast<std::size_t>(model::Status::up)] = size;
    summaries->push_back(std::move(service));
  }
  all->groups.push_back(std::move(summaries));
  app::MetricsSnapshot snapshot;
  snapshot.services = std::move(all);
  return snapshot;
}

std::string line(const char* service, int value) {
  return "muster_instances{service=\"" + std::string(service) + "\",status=\"UP\"} " + std::to_string(value) + "\n";
}

}  // namespace

TEST_CASE("the largest services have their own series, the others one together") {
  auto snapshot = with_services({{"a", 1}, {"b", 5}, {"c", 3}, {"d", 2}});
  snapshot.services_max = 2;
  const std::string text = app::metrics_text(snapshot);
  CHECK_THAT(text, Catch::Contains(line("b", 5)) && Catch::Contains(line("c", 3)) && Catch::Contains(line("other", 3)));
  CHECK_THAT(text, !Catch::Contains("service=\"a\""));
}

TEST_CASE("a service called other is no second series of the same name") {
  auto snapshot = with_services({{"a", 1}, {"other", 50}, {"z", 1}});
  snapshot.services_max = 1;
  CHECK_THAT(app::metrics_text(snapshot), Catch::Contains(line("other", 51)));
}

TEST_CASE("no services at all is fine, and every series comes once") {
  auto snapshot = with_services({});
  snapshot.services_max = 0;
  snapshot.faces = {{"eureka", {}}, {"v1", {}}};
  std::set<std::string> series;
  std::istringstream text(app::metrics_text(snapshot));
  for (std::string one; std::getline(text, one);) {
    if (one.starts_with('#')) continue;
    CHECK((one.starts_with("muster_") || one.starts_with("process_")));
    CHECK(series.insert(one.substr(0, one.rfind(' '))).second);
  }
  CHECK(series.contains("muster_http_requests_total{face=\"v1\",code=\"5xx\"}"));
  CHECK(series.contains("muster_evictions_total{cause=\"hold_expired\"}"));
}
