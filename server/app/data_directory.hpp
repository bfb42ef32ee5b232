#pragma once

#include <cstdint>
#include <string>

#include "proto/model/version.hpp"
#include "server/core/time.hpp"

namespace muster::app {

/// The directory that makes a restarted node the same node. Holds `node-id` (16 hexadecimal digits, drawn once), `boot`
/// (the number of the last boot, greater each time) and `lock`. Locked as long as this object lives, so that two
/// processes cannot be one node.
class DataDirectory {
 public:
  /// Makes the directory if need be. Throws std::runtime_error with a sentence that says what to do.
  explicit DataDirectory(std::string path);
  ~DataDirectory();
  DataDirectory(const DataDirectory&) = delete;
  DataDirectory& operator=(const DataDirectory&) = delete;

  /// The identity of this boot, written to disk before it returns. The boot number is the wall clock in milliseconds,
  /// or the last one plus one where the clock was set back. Throws like the constructor.
  model::Origin begin_boot(core::WallMs wall_ms);

 private:
  void drop_unfinished();

  std::string path_;
  int lock_ = -1;
};

/// The identity of a node without a data directory: a new node at every start.
model::Origin passing_identity(core::WallMs wall_ms);

}  // namespace muster::app
