#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

#include "server/store/snapshot_directory.hpp"
#include "server/store/snapshot_file.hpp"
#include "server/store/snapshot_format.hpp"

namespace muster::store {
namespace {

constexpr std::size_t read_ahead_bytes = std::size_t{64} << 10;  // so that small chunks do not cost a call each

/// One pass over a file from its beginning. All it says of what is wrong is the rest of a sentence about the file.
class Pass {
 public:
  Pass(const FileDescriptor& file, std::uint64_t size) : file_(file), left_(size) {}

  /// Without a sink the pass only verifies.
  Problem run(SnapshotSink* sink);
  std::uint64_t chunks() const { return count_; }

 private:
  Problem read(std::size_t size);
  Problem read_chunk();
  Problem read_trailer();

  const FileDescriptor& file_;
  std::uint64_t left_;  // bytes of the file that were not read() yet
  std::string ahead_;
  std::size_t ahead_used_ = 0;
  std::string bytes_;  // what was read() last
  RunningChecksum checksum_;
  std::uint64_t count_ = 0;
};

Problem Pass::run(SnapshotSink* sink) {
  if (left_ < snapshot_header_size + snapshot_trailer_size) return "is cut off";
  if (::lseek(file_.get(), 0, SEEK_SET) != 0) return "cannot be read: " + std::generic_category().message(errno);
  if (Problem problem = read(snapshot_header_size)) return problem;
  if (Problem problem = header_problem(bytes_)) return problem;
  checksum_.add(bytes_);
  if (sink != nullptr) sink->begin();
  while (left_ > snapshot_trailer_size) {
    if (Problem problem = read_chunk()) return problem;
    if (sink != nullptr && !sink->take(bytes_))
      return "is whole, but its chunk " + std::to_string(count_ - 1) + " makes no sense";
  }
  if (Problem problem = read_trailer()) return problem;
  if (sink != nullptr && !sink->end()) return "is whole, but what it holds is not complete";
  return std::nullopt;
}

/// `size` has been compared with what the file still holds.
Problem Pass::read(std::size_t size) {
  bytes_.assign(ahead_, ahead_used_, size);
  ahead_used_ += bytes_.size();
  std::size_t missing = size - bytes_.size();
  std::ptrdiff_t count = 0;
  if (missing >= read_ahead_bytes) {
    bytes_.resize(size);
    count = read_up_to(file_, bytes_.data() + size - missing, missing);
    if (count > 0) missing -= static_cast<std::size_t>(count);
  } else if (missing > 0) {
    ahead_.resize(read_ahead_bytes);
    count = read_up_to(file_, ahead_.data(), ahead_.size());
    const int error = errno;
    ahead_.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
    errno = error;
    ahead_used_ = std::min(missing, ahead_.size());
    bytes_.append(ahead_, 0, ahead_used_);
    missing -= ahead_used_;
  }
  if (count < 0) return "cannot be read: " + std::generic_category().message(errno) + "; check the disk";
  if (missing > 0) return "became shorter while it was read";
  left_ -= size;
  return std::nullopt;
}

Problem Pass::read_chunk() {
  const std::uint64_t before_trailer = left_ - snapshot_trailer_size;
  const std::string name = "chunk " + std::to_string(count_);
  if (before_trailer < snapshot_frame_size) return "is damaged at the end of its chunks";
  if (Problem problem = read(snapshot_frame_size)) return problem;
  checksum_.add(bytes_);
  const ChunkFrame frame = decode_frame(bytes_);
  if (frame.length > chunk_bytes_max || frame.length > before_trailer - snapshot_frame_size)
    return "is damaged: the length of its " + name + " cannot be";
  if (Problem problem = read(frame.length)) return problem;
  if (checksum(bytes_, count_) != frame.checksum) return "is damaged: its " + name + " has another checksum";
  checksum_.add(bytes_);
  ++count_;
  return std::nullopt;
}

Problem Pass::read_trailer() {
  if (Problem problem = read(snapshot_trailer_size)) return problem;
  const std::string_view trailer = bytes_;
  const std::string_view covered = trailer.substr(0, snapshot_trailer_size - 8);
  checksum_.add(covered);
  if (covered != encode_trailer(count_)) return "is damaged: its end is not that of a snapshot, or of another one";
  if (decode_number(trailer.substr(covered.size())) != checksum_.value())
    return "is damaged: it has another checksum as a whole";
  return std::nullopt;
}

/// Renames a refused file, and says where it is now or why it is not.
std::string put_aside(const std::string& directory, std::uint64_t generation) {
  const std::string path = generation_path(directory, generation);
  const std::string aside = damaged_path(directory, generation);
  if (::rename(path.c_str(), aside.c_str()) != 0) return failure("it", "renamed", errno);
  return "it is kept as " + aside;
}

void keep_newest_damaged(const std::string& directory) {
  const SnapshotListing listing = list_snapshots(directory);
  for (std::size_t i = 1; i < listing.damaged.size(); ++i) remove_file(damaged_path(directory, listing.damaged[i]));
}

/// True: this generation was delivered. Otherwise it was refused, and the reading says why.
bool try_generation(const std::string& directory, std::uint64_t generation, SnapshotSink& sink,
                    SnapshotReading& reading) {
  const std::string path = generation_path(directory, generation);
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat status {};
  if (!file.is_open() || ::fstat(file.get(), &status) != 0) {
    reading.refused.push_back(failure(path, "read", errno));
    return false;
  }
  const auto size = static_cast<std::uint64_t>(status.st_size);
  Problem problem = Pass(file, size).run(nullptr);
  Pass delivery(file, size);
  if (!problem) problem = delivery.run(&sink);
  if (problem) {
    reading.refused.push_back(path + ": " + *problem + "; " + put_aside(directory, generation));
    return false;
  }
  reading.generation = generation;
  reading.file = path;
  reading.written_wall_ms = core::WallMs{status.st_mtim.tv_sec} * 1000 + status.st_mtim.tv_nsec / 1'000'000;
  reading.chunks = delivery.chunks();
  reading.bytes = size;
  return true;
}

}  // namespace

SnapshotReading read_snapshot(const std::string& directory, SnapshotSink& sink) {
  SnapshotReading reading;
  const SnapshotListing listing = list_snapshots(directory);
  reading.problem = listing.problem;
  for (const std::uint64_t generation : listing.generations)
    if (try_generation(directory, generation, sink, reading)) break;
  if (!reading.refused.empty()) keep_newest_damaged(directory);
  return reading;
}

}  // namespace muster::store
