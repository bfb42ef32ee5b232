// Goal: a mistyped key leads to the right one. Method: the slips that people make, on the real keys.
#include <catch2/catch.hpp>

#include "config/keys.hpp"
#include "config/nearest.hpp"

using namespace muster::config;

TEST_CASE("the nearest key is the one that was meant") {
  std::vector<std::string> names;
  for (const Key& key : keys()) names.emplace_back(key.name);
  CHECK(nearest("lease.duraton_s", names) == "lease.duration_s");
  CHECK(nearest("lease.duration", names) == "lease.duration_s");
  CHECK(nearest("lease.inetrval_s", names) == "lease.interval_s");
  CHECK(nearest("LEASE.INTERVAL_S", names) == "lease.interval_s");
  CHECK(nearest("datadir", names) == "data_dir");
  CHECK(nearest("peers", names) == "cluster.peers");
  CHECK(nearest("server.idle_timeout_ms", names) == "http.idle_timeout_ms");
  CHECK(nearest("log_level", names) == "log.level");
  CHECK(nearest("interval_s", names) == "lease.interval_s");
  CHECK(nearest("log.duration_s", names) == "lease.duration_s");
  CHECK(nearest("self_perservation.failing_percnt", names) == "self_preservation.failing_percent");
}

TEST_CASE("what is far from every key leads to none") {
  std::vector<std::string> names;
  for (const Key& key : keys()) names.emplace_back(key.name);
  for (const char* far :
       {"", "a", "foo", "lease", "lease.foo", "self_preservation.foo", "http.keep", "a.b", "colour"}) {
    INFO(far);
    CHECK(nearest(far, names) == std::nullopt);
  }
  CHECK(nearest(std::string(100'000, 'x'), names) == std::nullopt);
}
