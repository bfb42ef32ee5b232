#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/app/cluster.hpp"
#include "server/app/counted_face.hpp"
#include "server/app/fact_log.hpp"
#include "server/app/peers_document.hpp"
#include "server/app/process.hpp"
#include "server/app/snapshots.hpp"
#include "server/core/node.hpp"
#include "server/net/limits.hpp"

namespace muster::app {

/// Everything that /metrics shows, taken at one moment.
struct MetricsSnapshot {
  core::Counters counters;
  core::Gauges gauges;
  std::array<std::uint64_t, cause_count> facts{};  ///< by core::Cause
  core::ServicesViewPtr services;                  ///< never null
  core::SelfPreservationView self_preservation;
  net::Stats net;
  std::vector<std::pair<std::string_view, CountedFace::Counts>> faces;
  ProcessFigures process;
  std::chrono::microseconds loop_lag{0};
  std::size_t background_jobs = 0;
  ClusterFacts cluster;
  ClusterCounts cluster_counts;
  std::optional<SnapshotFigures> snapshots;  ///< none: there is no data directory
  bool ready = false;
  core::WallMs started_ms = 0;
  std::size_t services_max = 500;  ///< services with series of their own
};

/// Prometheus text, version 0.0.4. Names begin with `muster_`, or `process_` where every program has the same figure;
/// counters end in `_total`, times are seconds.
std::string metrics_text(const MetricsSnapshot& snapshot);

}  // namespace muster::app
