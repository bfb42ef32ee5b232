#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "server/store/snapshot_directory.hpp"
#include "server/store/snapshot_file.hpp"
#include "server/store/snapshot_format.hpp"

namespace muster::store {
namespace {

constexpr std::size_t pending_bytes_max = std::size_t{64} << 10;  // so that small chunks do not cost a call each

std::uint64_t newest_number(const SnapshotListing& listing) {
  std::uint64_t newest = 0;
  if (!listing.generations.empty()) newest = listing.generations.front();
  if (!listing.damaged.empty()) newest = std::max(newest, listing.damaged.front());
  return newest;
}

/// Removes what is superfluous once a generation newer than those listed is durable.
Problem prune(const std::string& directory, const SnapshotListing& listing) {
  Problem first;
  const auto remove = [&](const std::string& path) {
    Problem problem = remove_file(path);
    if (problem && !first) first = "the snapshot is written, but " + *problem;
  };
  for (std::size_t i = generations_kept - 1; i < listing.generations.size(); ++i)
    remove(generation_path(directory, listing.generations[i]));
  for (std::size_t i = 1; i < listing.damaged.size(); ++i) remove(damaged_path(directory, listing.damaged[i]));
  return first;
}

}  // namespace

SnapshotWriter::SnapshotWriter(std::string directory)
    : directory_(std::move(directory)),
      temporary_(temporary_path(directory_)),
      checksum_(std::make_unique<RunningChecksum>()),
      file_(create_file(temporary_)) {
  if (!file_.is_open()) {
    fail(failure(temporary_, "written", errno));
    return;
  }
  write(encode_header());
}

SnapshotWriter::~SnapshotWriter() {
  if (file_.is_open()) ::unlink(temporary_.c_str());
}

bool SnapshotWriter::add(std::string_view chunk) {
  if (problem_) return false;
  if (chunk.size() > chunk_bytes_max)
    return fail(temporary_ + ": cannot hold a chunk of " + std::to_string(chunk.size()) + " bytes, at most " +
                std::to_string(chunk_bytes_max) + "; this is a defect of musterd");
  return write(encode_frame(chunk, count_++)) && write(chunk);
}

Problem SnapshotWriter::commit() && {
  if (!problem_ && write(encode_trailer(count_)) && write(encode_number(checksum_->value())) && flush())
    return finish();
  return problem_;
}

Problem SnapshotWriter::finish() {
  const SnapshotListing listing = list_snapshots(directory_);
  const std::uint64_t generation = newest_number(listing) + 1;
  if (listing.problem) {
    fail(*listing.problem);
  } else if (generation > generation_max) {
    fail(generation_path(directory_, generation_max) + ": has the last number that there is; delete it");
  } else {
    const std::string path = generation_path(directory_, generation);
    const Problem problem = publish(file_, temporary_, path, directory_);
    if (!problem) {
      problem_ = path + ": was committed before";  // for whoever goes on with a writer that has ended
      return prune(directory_, listing);
    }
    ::unlink(path.c_str());  // complete, but not known to be durable: attempts that fail must not pile up
    fail(*problem);
  }
  return problem_;
}

bool SnapshotWriter::write(std::string_view bytes) {
  checksum_->add(bytes);
  if (pending_.size() + bytes.size() <= pending_bytes_max) {
    pending_ += bytes;
    return true;
  }
  if (!flush()) return false;
  const int error = write_all(file_, bytes);
  return error == 0 || fail(failure(temporary_, "written", error));
}

bool SnapshotWriter::flush() {
  const int error = write_all(file_, pending_);
  pending_.clear();
  return error == 0 || fail(failure(temporary_, "written", error));
}

bool SnapshotWriter::fail(const std::string& problem) {
  problem_ = problem + ". The earlier snapshots are as they were.";
  if (file_.is_open()) ::unlink(temporary_.c_str());
  file_.close();
  return false;
}

Problem discard_snapshots(const std::string& directory) {
  const SnapshotListing listing = list_snapshots(directory);
  if (listing.problem) return listing.problem;
  Problem problem = remove_file(temporary_path(directory));
  const auto remove = [&](const std::string& path) {
    Problem other = remove_file(path);
    if (!problem) problem = std::move(other);
  };
  for (const std::uint64_t generation : listing.generations) remove(generation_path(directory, generation));
  for (const std::uint64_t generation : listing.damaged) remove(damaged_path(directory, generation));
  if (problem) return problem;
  if (::access(directory.c_str(), F_OK) != 0 && errno == ENOENT) return std::nullopt;
  return sync_directory(directory);
}

}  // namespace muster::store
