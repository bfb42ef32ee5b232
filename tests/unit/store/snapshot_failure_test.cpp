// Goal: whatever fails while a snapshot is written, and wherever the process ends, the earlier generations are there
// and the next attempt works. Method: every system call of the writer fails once, or ends the process; a real file size
// limit.
#include <sys/resource.h>

#include <cerrno>
#include <csignal>

#include "tests/unit/store/faults.hpp"
#include "tests/unit/store/store_support.hpp"

using namespace muster::store;
using namespace muster::store::testing;
using Catch::Contains;

namespace {

const Chunks first_chunks = {"first"};
const Chunks second_chunks = {"second", std::string(70'000, '2')};
const Chunks third_chunks = {"third", std::string(100'000, '3'), "", std::string(80'000, '3')};
const Names two_names = {"snapshot-000000000001", "snapshot-000000000002"};

void write_two(const TemporaryDirectory& directory) {
  REQUIRE(write_snapshot(directory.path, first_chunks) == std::nullopt);
  REQUIRE(write_snapshot(directory.path, second_chunks) == std::nullopt);
}

void check_unchanged_and_next_works(const TemporaryDirectory& directory) {
  CHECK(directory.names() == two_names);
  CHECK((chunks_in(directory.path) == second_chunks));
  CHECK(write_snapshot(directory.path, third_chunks) == std::nullopt);
  CHECK(directory.names() == Names{"snapshot-000000000002", "snapshot-000000000003"});
  CHECK((chunks_in(directory.path) == third_chunks));
}

class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before_) == 0);
    const rlimit limit{bytes, before_.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  void (*handler_)(int);
  rlimit before_{};
};

}  // namespace

TEST_CASE("each call that can fail is told, changes nothing and does not stand in the next attempt's way") {
  struct Kind {
    const char* call;
    int error;
    const char* reason;
  };
  const Kind kind = GENERATE(Kind{"open", EACCES, "Permission denied; let the user that runs musterd"},
                             Kind{"open", EMFILE, "Too many open files; raise the limit"},
                             Kind{"write", ENOSPC, "No space left on device; free some space"},
                             Kind{"write", EDQUOT, "Disk quota exceeded; free some space"},
                             Kind{"write", EIO, "Input/output error; check the disk"},
                             Kind{"fsync", EIO, "Input/output error; check the disk"},
                             Kind{"close", ENOSPC, "No space left on device; free some space"},
                             Kind{"rename", EROFS, "Read-only file system; let the user"});
  int calls = 1;
  for (int nth = 1; nth <= calls; ++nth) {
    INFO(kind.call << " " << nth << " of " << calls);
    const TemporaryDirectory directory;
    write_two(directory);
    Problem problem;
    {
      Faults faults;
      faults.fail(kind.call, nth, kind.error);
      problem = write_snapshot(directory.path, third_chunks);
      calls = std::max(calls, faults.count(kind.call));
    }
    // What close() says of a directory is of no use to anybody.
    if (std::string(kind.call) == "close" && nth > 1 && !problem) continue;
    REQUIRE(problem);
    CHECK_THAT(*problem, Contains(directory.path) && Contains(kind.reason) && Contains("The earlier snapshots are as"));
    check_unchanged_and_next_works(directory);
  }
  CHECK(calls >= 1);
}

TEST_CASE("a disk that fills up stays full for the rest of the attempt") {
  for (int nth = 1; nth <= 4; ++nth) {
    const TemporaryDirectory directory;
    write_two(directory);
    Problem problem;
    {
      Faults faults;
      faults.take_at_most(50'000).fail_writes_from(nth, ENOSPC);
      problem = write_snapshot(directory.path, third_chunks);
      CHECK(faults.count("write") == nth);  // and is not tried again
    }
    CHECK_THAT(problem.value_or(""), Contains("snapshot.new: cannot be written: No space left on device"));
    check_unchanged_and_next_works(directory);
  }
}

TEST_CASE("a real limit of the file's size is told like a full disk") {
  const TemporaryDirectory directory;
  write_two(directory);
  Problem problem;
  {
    const FileSizeLimit limit(120'000);
    problem = write_snapshot(directory.path, third_chunks);
  }
  CHECK_THAT(problem.value_or(""), Contains("snapshot.new: cannot be written: File too large; free some space"));
  check_unchanged_and_next_works(directory);
}

TEST_CASE("writes that take only a part, and interrupted ones, are continued") {
  const TemporaryDirectory directory;
  {
    Faults faults;
    faults.take_at_most(777).fail("write", 3, EINTR);
    CHECK(write_snapshot(directory.path, third_chunks) == std::nullopt);
  }
  CHECK((chunks_in(directory.path) == third_chunks));
}

TEST_CASE("a directory that vanished is told, and its return is enough") {
  const TemporaryDirectory directory;
  const std::string path = directory / "data";
  CHECK_THAT(write_snapshot(path, first_chunks).value_or(""),
             Contains("No such file") && Contains("make the directory"));
  std::filesystem::create_directory(path);
  SnapshotWriter writer(path);
  CHECK(writer.add("x"));
  std::filesystem::remove_all(path);
  CHECK_THAT(std::move(writer).commit().value_or(""), Contains("No such file") && Contains("make the directory"));
  std::filesystem::create_directory(path);
  CHECK(write_snapshot(path, first_chunks) == std::nullopt);
  CHECK(chunks_in(path) == first_chunks);
}

TEST_CASE("a file system that cannot sync directories is taken as it is") {
  const TemporaryDirectory directory;
  Faults faults;
  faults.fail("fsync", 2, EINVAL);
  CHECK(write_snapshot(directory.path, first_chunks) == std::nullopt);
}

TEST_CASE("an older generation that cannot be removed is told beside the success") {
  const TemporaryDirectory directory;
  write_two(directory);
  Problem problem;
  {
    Faults faults;
    faults.fail("unlink", 2, EPERM);  // the first is that of a stale temporary
    problem = write_snapshot(directory.path, third_chunks);
  }
  CHECK_THAT(problem.value_or(""), Contains("the snapshot is written, but") &&
                                       Contains("snapshot-000000000001: cannot be removed: Operation not permitted"));
  CHECK((chunks_in(directory.path) == third_chunks));
  CHECK(write_snapshot(directory.path, first_chunks) == std::nullopt);  // and it goes with the next
  CHECK(directory.names() == Names{"snapshot-000000000003", "snapshot-000000000004"});
}

TEST_CASE("a snapshot is durable before it gets its name, and its name before older ones go") {
  const TemporaryDirectory directory;
  write_two(directory);
  Names calls;
  {
    Faults faults;
    REQUIRE(write_snapshot(directory.path, third_chunks) == std::nullopt);
    calls = faults.calls();
  }
  const Names end(std::find(calls.begin(), calls.end(), "fsync"), calls.end());
  CHECK(end == Names{"fsync", "close", "rename", "open", "fsync", "close", "unlink"});
  CHECK(std::count(calls.begin(), calls.end() - static_cast<std::ptrdiff_t>(end.size()), "unlink") == 1);
}

TEST_CASE("wherever the process ends, the old or the new snapshot is there and the next one can be written") {
  bool finished = false;
  for (int nth = 1; !finished; ++nth) {
    INFO("ended at call " << nth);
    REQUIRE(nth < 100);
    const TemporaryDirectory directory;
    write_two(directory);
    const int code = exit_code_of([&] {
      Faults faults;
      faults.crash_at(nth);
      write_snapshot(directory.path, third_chunks);
    });
    REQUIRE((code == 0 || code == crashed));
    finished = code == 0;
    Collected sink;
    const SnapshotReading reading = read_snapshot(directory.path, sink);
    CHECK(reading.refused.empty());
    CHECK((sink.chunks == second_chunks || sink.chunks == third_chunks));
    CHECK(write_snapshot(directory.path, {"next"}) == std::nullopt);
    CHECK(chunks_in(directory.path) == Chunks{"next"});
    CHECK(directory.names().size() == 2);
  }
}

TEST_CASE("discarding that fails is told, and works the next time") {
  const TemporaryDirectory directory;
  const char* call = GENERATE("unlink", "fsync");
  write_two(directory);
  Problem problem;
  {
    Faults faults;
    faults.fail(call, call == std::string("unlink") ? 2 : 1, EIO);
    problem = discard_snapshots(directory.path);
  }
  CHECK_THAT(problem.value_or(""), Contains("Input/output error; check the disk"));
  CHECK(discard_snapshots(directory.path) == std::nullopt);
  CHECK(directory.names().empty());
}
