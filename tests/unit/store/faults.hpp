#pragma once

#include <cstddef>
#include <string>
#include <vector>

/// System calls that fail when a test says so. The program's own definitions of open, read, write, fsync, close, rename
/// and unlink stand before those of the C library (faults.cpp), so the code under test needs no seam. One thread.
namespace muster::store::testing {

/// In force from construction to destruction; one at a time.
class Faults {
 public:
  Faults();
  ~Faults();
  Faults(const Faults&) = delete;
  Faults& operator=(const Faults&) = delete;

  /// The nth `call` from now, counted from 1, fails with this errno. The file is closed even when close() fails.
  Faults& fail(const std::string& call, int nth, int error);
  /// Every write from the nth on fails with this errno, as on a disk that is full.
  Faults& fail_writes_from(int nth, int error);
  /// The process ends in place of its nth call of any kind.
  Faults& crash_at(int nth);
  /// No write takes more than these bytes.
  Faults& take_at_most(std::size_t bytes);

  /// What was called so far, in order.
  const std::vector<std::string>& calls() const;
  int count(const std::string& call) const;
};

inline constexpr int crashed = 99;  // exit code

}  // namespace muster::store::testing
