#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/core/time.hpp"
#include "server/store/file.hpp"

/// Snapshot files: containers of opaque byte strings, whose meaning belongs to whoever writes and reads them. A
/// directory keeps the two newest generations, so that a damaged file costs the time between two snapshots and not
/// everything.
///
/// Everything here blocks on the disk: use it from a thread that may. One call or writer at a time for a directory,
/// which the lock of the data directory ensures between processes.
namespace muster::store {

class RunningChecksum;

/// Of one chunk; what a reader may have to hold in memory.
inline constexpr std::size_t chunk_bytes_max = std::size_t{4} << 20;

/// One attempt to write a new generation, from construction to commit(); destroyed before that, it leaves no trace. The
/// first failure is kept: nothing more is written then, and commit() tells it. After a failure the directory holds the
/// generations that it held before.
class SnapshotWriter {
 public:
  explicit SnapshotWriter(std::string directory);
  ~SnapshotWriter();
  SnapshotWriter(const SnapshotWriter&) = delete;
  SnapshotWriter& operator=(const SnapshotWriter&) = delete;

  /// At most chunk_bytes_max; an empty chunk is a chunk. False: it failed, there is no use in going on.
  bool add(std::string_view chunk);

  /// None: the generation is durable, and the older ones but one are removed. One problem comes with a durable
  /// generation, and says so: older files could not be removed.
  Problem commit() &&;

 private:
  bool write(std::string_view bytes);
  bool flush();
  bool fail(const std::string& problem);
  Problem finish();

  std::string directory_;
  std::string temporary_;
  std::unique_ptr<RunningChecksum> checksum_;
  FileDescriptor file_;
  std::string pending_;
  std::uint64_t count_ = 0;
  Problem problem_;
};

/// What a snapshot is read into.
class SnapshotSink {
 public:
  virtual ~SnapshotSink() = default;
  /// A generation begins. Called again when that one turns out to make no sense: forget all that was taken.
  virtual void begin() = 0;
  /// The next chunk, valid during the call. False: it makes no sense, this generation is refused.
  virtual bool take(std::string_view chunk) = 0;
  /// All of it was taken. False: it is not complete, this generation is refused.
  virtual bool end() = 0;
};

struct SnapshotReading {
  /// None: there is nothing to start from, and what the sink may have taken is void.
  std::optional<std::uint64_t> generation;
  std::string file;
  core::WallMs written_wall_ms = 0;  // the file's time
  std::uint64_t chunks = 0;
  std::uint64_t bytes = 0;  // of the file
  /// A sentence for each newer generation that was refused, newest first: which file, why, where it is now.
  std::vector<std::string> refused;
  /// The directory cannot be read.
  Problem problem;
};

/// Delivers the newest generation that is whole and makes sense. A file is verified from end to end before the first
/// chunk is delivered, and again while it is delivered; memory is bounded by chunk_bytes_max whatever a file says. A
/// refused file is renamed to `*.damaged`, of which the newest is kept; one that cannot be opened stays where it is. No
/// snapshot and no directory are normal.
SnapshotReading read_snapshot(const std::string& directory, SnapshotSink& sink);

/// Removes all generations, damaged ones and temporaries, durably. For a start without the snapshot, which would
/// otherwise return at a later start.
Problem discard_snapshots(const std::string& directory);

}  // namespace muster::store
