#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "server/api/eureka/form.hpp"

namespace muster::api::eureka {

/// The other nodes of the cluster as URLs of this dialect.
struct Replicas {
  std::vector<std::string> registered;   ///< all in the list, this node left out
  std::vector<std::string> available;    ///< those that have a link
  std::vector<std::string> unavailable;  ///< those of which the last attempt to reach them failed
};

/// What GET status says of this server.
struct ServerStatus {
  std::string host;  ///< as the client addressed it
  std::uint16_t port = 0;
  std::string own_id;       ///< empty: host and port
  std::string environment;  ///< empty: left out
  long processors = 0;
  std::uint64_t memory_total_mb = 0;
  std::uint64_t memory_used_mb = 0;
  std::chrono::minutes uptime{0};
  std::int64_t started_ms = 0;
  Replicas replicas;
};

/// The document, with every field set, so that JSON has them all.
std::string write_status(const ServerStatus& status, Format format);

/// Fills in what the operating system knows: processors and memory.
void measure_process(ServerStatus& status);

/// "host:8761", "[::1]:8761" or "host" as host and port; port 80 where none is said.
void read_host(std::string_view header, ServerStatus& status);

}  // namespace muster::api::eureka
