#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "server/app/background.hpp"
#include "server/app/log.hpp"
#include "server/app/registry_loop.hpp"
#include "server/store/clock_mark.hpp"

namespace muster::app {

/// What was found on disk at the start.
struct Kept {
  std::vector<core::KeyedRecord> records;
  model::VersionVector known;
  model::VersionVector floors;
  bool found = false;          ///< there was a snapshot that is whole
  bool served_before = false;  ///< there was an earlier boot, and its snapshot is lost or damaged
  std::uint64_t clock_mark = 0;
};

/// Reads the newest snapshot that is whole, and reports what was refused. Blocks.
Kept read_kept(const std::string& directory, core::WallMs now_ms, Log& log);

/// For /metrics.
struct SnapshotFigures {
  std::uint64_t written = 0;
  std::uint64_t failed = 0;
  std::uint64_t bytes = 0;  ///< of the last
  std::chrono::milliseconds took{0};
  core::WallMs written_ms = 0;  ///< 0: none since start
};

/// Writes the registry to disk every now and then, and at the end, from a thread of its own: a full disk or a slow one
/// never stops the registry. Members are called on the registry loop.
class Snapshots {
 public:
  Snapshots(boost::asio::io_context& loop, std::string directory, std::chrono::milliseconds period,
            RegistryLoop& registry, Log& log);

  /// Writes what there is now, on the calling thread, if it differs from what was written last. For the end.
  void write_last();
  const SnapshotFigures& figures() const { return figures_; }

 private:
  struct Result {
    std::optional<std::string> problem;
    std::uint64_t bytes = 0;
    std::chrono::milliseconds took{0};
  };

  void wait(std::chrono::milliseconds span);
  void write();
  void took(const Result& result);
  Result write_file(const core::Snapshot& snapshot);
  std::uint64_t mark_wanted() const;
  bool changed_since(const core::Snapshot& snapshot) const;

  std::string directory_;
  std::chrono::milliseconds period_;
  RegistryLoop& registry_;
  Log& log_;
  store::ClockMark mark_;  ///< used by the thread while one is under way
  SnapshotFigures figures_;
  std::uint64_t content_written_ = 0;
  model::VersionVector known_written_;
  bool told_problem_ = false;
  bool under_way_ = false;
  boost::asio::steady_timer timer_;
  Background background_;
};

}  // namespace muster::app
