#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace muster::net {

/// What one listener takes from strangers. Defaults are those of `config/musterd.toml`.
struct Limits {
  std::size_t connections = 10'000;  ///< one more is answered 503 and closed; kept below the process's open files
  /// Refused connections that are kept until they have read their 503; beyond it they are closed at once.
  std::size_t refused_kept = 256;
  std::size_t header_bytes = 16 * 1024;  ///< request line and headers: 431
  std::size_t headers = 100;             ///< number of header lines: 431
  std::size_t body_bytes = 1 << 20;      ///< as sent, before inflating: 413
  /// Bodies that wait for their readers, each once; above it the readers of the one that has waited for longest are
  /// cut.
  std::size_t unsent_bytes = 256 << 20;
  std::chrono::milliseconds header_timeout{
      10'000};                                      ///< from the first byte of a request to the end of its headers: 408
  std::chrono::milliseconds body_timeout{30'000};   ///< from there to the end of the body: 408
  std::chrono::milliseconds idle_timeout{120'000};  ///< between requests
  /// Without a byte taken by the reader; and whoever reads an answer for longer than this must take 64 KiB a second.
  std::chrono::milliseconds write_timeout{30'000};
};

/// Counts since start, for /metrics. Read on the loop.
struct Stats {
  std::uint64_t accepted = 0;       ///< connections that were served, not those refused
  std::uint64_t refused_full = 0;   ///< over `connections`, or out of file descriptors
  std::uint64_t accept_errors = 0;  ///< such as running out of file descriptors
  std::uint64_t requests = 0;       ///< handed to the handler
  std::uint64_t upgraded = 0;       ///< connections that became links of other nodes
  std::uint64_t malformed = 0;      ///< answered 4xx by the session itself, time-outs apart
  std::uint64_t header_timeouts = 0;
  std::uint64_t body_timeouts = 0;
  std::uint64_t write_timeouts = 0;
  std::uint64_t cut_for_space = 0;       ///< slowest readers, see Limits::unsent_bytes
  std::uint64_t handler_exceptions = 0;  ///< answered 500
  std::size_t unsent_bytes = 0;
  std::size_t open = 0;
};

}  // namespace muster::net
