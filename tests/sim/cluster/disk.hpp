#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "server/core/node.hpp"

namespace muster::sim {

/// What a process finds on its disk when it starts again.
enum class DiskFate : std::uint8_t {
  newest,  ///< all that was saved
  stale,   ///< the newest snapshot was never finished
  torn,    ///< the newest snapshot is damaged
  lost,    ///< no snapshot, but the marks that the node has served and how far its clock was
  fresh,   ///< nothing
};

/// The data directory of a machine: the two newest snapshots in the form in which they are written to files, and a mark
/// above every version that the node has seen, reserved ahead.
class Disk {
 public:
  void save(core::Node& node);
  void suffer(DiskFate fate);
  /// Restores the newest snapshot that can be read. What was damaged is deleted.
  void load(core::Node& node);

  /// What the node is to be told before it starts.
  void prepare(core::Settings& settings) const;
  /// After every step, before anything of it is told: the mark stays ahead of the node's clock.
  void follow(const core::Node& node);

  bool has_snapshot() const { return !generations_.empty(); }
  std::size_t bytes() const;  ///< of the newest snapshot

 private:
  struct Generation {
    std::vector<std::string> runs;  ///< of records
    std::string known;
    std::string floors;
  };
  static bool load(core::Node& node, const Generation& generation);

  std::deque<Generation> generations_;  ///< newest first
  std::uint64_t clock_mark_ = 0;
  bool served_ = false;
};

}  // namespace muster::sim
