#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "server/store/file.hpp"

namespace muster::store {

/// A number on disk that only grows, across restarts: the file `clock` in a directory, its value and a checksum as two
/// times 16 hexadecimal digits. Reserved before it is used, so that a crash can waste numbers and never repeats one.
///
/// Blocks on the disk: use it from a thread that may. One object for a directory.
class ClockMark {
 public:
  struct Reading {
    std::optional<std::uint64_t> value;  // none: never reserved, or see the problem
    Problem problem;                     // damaged, or cannot be read
  };

  explicit ClockMark(const std::string& directory);

  Reading read();

  /// None: the mark is `value` or more, durably. A mark is not lowered, unless it was damaged. After a problem the mark
  /// on disk is the old or the new one, whole.
  Problem reserve(std::uint64_t value);

 private:
  std::string directory_;
  std::string path_;
  bool was_read_ = false;
  std::optional<std::uint64_t> durable_;
};

}  // namespace muster::store
