#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "proto/model/instance.hpp"
#include "proto/model/limits.hpp"

// What an operator can set, as plain values. The defaults here are the defaults: `keys.hpp` reads them, and a test
// holds `musterd.toml` and the rooms that have defaults of their own against them. `musterd.toml` says what each is
// for.
namespace muster::config {

struct Cluster {
  std::vector<std::string> peers;
  std::string peers_file;
  std::string id = "muster";
  std::string secret;
  std::string secret_file;
};

struct Snapshot {
  std::chrono::milliseconds period{30'000};
};

struct Log {
  std::string level = "info";
};

struct Shutdown {
  std::chrono::milliseconds drain_deadline{10'000};
};

struct Lease {
  model::LeaseTerms defaults{30, 90};
  std::uint32_t duration_max_s = 86'400;
  bool doubled_leases = false;
};

struct SelfPreservation {
  bool enabled = true;
  std::size_t instances_min = 10;
  std::size_t failing_min = 5;
  unsigned failing_percent = 15;
  std::chrono::seconds hold_max_service{120};
  std::chrono::seconds hold_max_infrastructure{900};
};

struct Limits {
  std::size_t instances = 1'000'000;
  std::size_t services = 100'000;
  std::size_t dormant_overrides = 10'000;
  std::size_t tombstones = 200'000;
  std::size_t changes = 200'000;
  std::size_t events = 10'000;
  std::size_t overlay_entries = 64;
  std::size_t overlay_bytes = 16'384;
};

struct Retention {
  std::chrono::seconds tombstone{600};
  std::chrono::seconds change{180};
};

struct Http {
  std::size_t connections = 10'000;
  std::size_t headers = 100;
  std::size_t header_bytes = 16 * 1024;
  std::size_t body_bytes = 1 << 20;
  std::size_t inflated_body_bytes = 1 << 20;
  std::size_t unsent_bytes = 256 << 20;
  std::size_t long_answers = 256;
  int body_depth = 32;
  std::chrono::milliseconds header_timeout{10'000};
  std::chrono::milliseconds body_timeout{30'000};
  std::chrono::milliseconds idle_timeout{120'000};
  std::chrono::milliseconds write_timeout{30'000};
};

struct Eureka {
  bool delta = true;
  std::string environment = "production";
  std::string own_id;
};

struct Native {
  std::size_t renew_batch = 10'000;
  std::size_t reason_bytes = 1024;
};

struct Metrics {
  std::size_t services = 500;
};

struct Settings {
  std::string listen = "127.0.0.1:8761";
  std::string data_dir;
  bool insecure = false;
  Cluster cluster;
  Snapshot snapshot;
  Log log;
  Shutdown shutdown;
  Lease lease;
  SelfPreservation self_preservation;
  Retention retention;
  Limits limits;
  model::InstanceLimits instance;
  Http http;
  Eureka eureka;
  Native v1;
  Metrics metrics;
};

}  // namespace muster::config
