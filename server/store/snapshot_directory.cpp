#include "server/store/snapshot_directory.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <functional>
#include <optional>
#include <string_view>
#include <system_error>

namespace muster::store {
namespace {

constexpr std::string_view prefix = "snapshot-";
constexpr std::string_view damaged_suffix = ".damaged";
constexpr std::size_t digits = 12;  // as many as generation_max has

std::optional<std::uint64_t> parse_generation(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.size() != digits || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

void add_name(SnapshotListing& listing, std::string_view name) {
  if (!name.starts_with(prefix)) return;
  name.remove_prefix(prefix.size());
  const bool damaged = name.ends_with(damaged_suffix);
  if (damaged) name.remove_suffix(damaged_suffix.size());
  if (const auto generation = parse_generation(name))
    (damaged ? listing.damaged : listing.generations).push_back(*generation);
}

}  // namespace

SnapshotListing list_snapshots(const std::string& directory) {
  SnapshotListing listing;
  std::error_code error;
  std::filesystem::directory_iterator entry(directory, error);
  while (!error && entry != std::filesystem::directory_iterator()) {
    std::error_code gone;
    if (entry->symlink_status(gone).type() == std::filesystem::file_type::regular)
      add_name(listing, entry->path().filename().string());
    entry.increment(error);
  }
  if (error && error.value() != ENOENT) listing.problem = failure(directory, "read", error.value());
  std::sort(listing.generations.begin(), listing.generations.end(), std::greater<>());
  std::sort(listing.damaged.begin(), listing.damaged.end(), std::greater<>());
  return listing;
}

std::string temporary_path(const std::string& directory) {
  return directory + "/snapshot.new";
}

std::string generation_path(const std::string& directory, std::uint64_t generation) {
  const std::string number = std::to_string(generation);
  return directory + "/" + std::string(prefix) + std::string(digits - number.size(), '0') + number;
}

std::string damaged_path(const std::string& directory, std::uint64_t generation) {
  return generation_path(directory, generation) + std::string(damaged_suffix);
}

Problem remove_file(const std::string& path) {
  if (::unlink(path.c_str()) == 0 || errno == ENOENT) return std::nullopt;
  return failure(path, "removed", errno);
}

}  // namespace muster::store
