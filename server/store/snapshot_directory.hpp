#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "server/store/file.hpp"

/// The names of snapshot files in a directory: `snapshot-000000000042` is generation 42,
/// `snapshot-000000000042.damaged` one that was refused, `snapshot.new` one that is being written. Whatever has another
/// name is left alone.
namespace muster::store {

inline constexpr std::uint64_t generation_max = 999'999'999'999;
inline constexpr std::size_t generations_kept = 2;

struct SnapshotListing {
  std::vector<std::uint64_t> generations;  // newest first
  std::vector<std::uint64_t> damaged;      // newest first
  Problem problem;                         // the directory cannot be read; one that is not there counts as empty
};

SnapshotListing list_snapshots(const std::string& directory);

std::string temporary_path(const std::string& directory);
std::string generation_path(const std::string& directory, std::uint64_t generation);
std::string damaged_path(const std::string& directory, std::uint64_t generation);

/// Removes a file; one that is not there counts as removed.
Problem remove_file(const std::string& path);

}  // namespace muster::store
