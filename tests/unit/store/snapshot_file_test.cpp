// Goal: what was committed is what is read, two generations are kept, and nothing else is touched. Method: real
// directories, removed at the end.
#include <fcntl.h>
#include <sys/stat.h>

#include "tests/unit/store/store_support.hpp"

using namespace muster::store;
using namespace muster::store::testing;
using Catch::Contains;

TEST_CASE("chunks come back as they were written") {
  const TemporaryDirectory directory;
  Chunks chunks;
  SECTION("none") {}
  SECTION("one") {
    chunks = {"a chunk"};
  }
  SECTION("an empty one") {
    chunks = {""};
  }
  SECTION("many, of sizes around those of the buffers") {
    for (std::size_t i = 0; i < 3000; ++i) chunks.emplace_back(i, static_cast<char>(i));
    for (const std::size_t size : {65'511, 65'512, 65'523, 65'524, 65'535, 65'536, 65'537, 131'072, 200'000})
      for (int again = 0; again < 3; ++again) chunks.emplace_back(size, static_cast<char>(size + 1));
  }
  SECTION("the largest") {
    chunks = {"before", std::string(chunk_bytes_max, '\x7f'), "after"};
  }
  REQUIRE(write_snapshot(directory.path, chunks) == std::nullopt);

  Collected sink;
  const SnapshotReading reading = read_snapshot(directory.path, sink);
  CHECK((sink.chunks == chunks));  // too long to be printed
  CHECK(sink.begun == 1);
  CHECK(reading.generation == 1);
  CHECK(reading.file == directory / "snapshot-000000000001");
  CHECK(reading.chunks == chunks.size());
  CHECK(reading.bytes == std::filesystem::file_size(reading.file));
  CHECK(reading.refused.empty());
  CHECK(reading.problem == std::nullopt);
}

TEST_CASE("the layout of the file is that of its description") {
  const TemporaryDirectory directory;
  REQUIRE(write_snapshot(directory.path, {"xyz"}) == std::nullopt);
  const std::string content = content_of(directory / "snapshot-000000000001");
  REQUIRE(content.size() == 24 + 12 + 3 + 24);
  CHECK(content.substr(0, 16) == std::string("MUSTERSN\x01\0\0\0\0\0\0\0", 16));
  CHECK(content.substr(24, 4) == std::string("\x03\0\0\0", 4));
  CHECK(content.substr(36, 3) == "xyz");
  CHECK(content.substr(39, 16) == std::string("MUSTEREN\x01\0\0\0\0\0\0\0", 16));
}

TEST_CASE("only its owner can read a snapshot") {
  const TemporaryDirectory directory;
  REQUIRE(write_snapshot(directory.path, {"x"}) == std::nullopt);
  struct stat status {};
  REQUIRE(::stat((directory / "snapshot-000000000001").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
}

TEST_CASE("no snapshot and no directory are normal") {
  const TemporaryDirectory directory;
  for (const std::string& path : {directory.path, directory / "missing"}) {
    Collected sink;
    const SnapshotReading reading = read_snapshot(path, sink);
    CHECK(reading.generation == std::nullopt);
    CHECK(reading.refused.empty());
    CHECK(reading.problem == std::nullopt);
    CHECK(sink.begun == 0);
    CHECK(discard_snapshots(path) == std::nullopt);
  }
}

TEST_CASE("a directory that is none is a problem") {
  const TemporaryDirectory directory;
  put_file(directory / "file", "");
  Collected sink;
  CHECK_THAT(read_snapshot(directory / "file", sink).problem.value_or(""), Contains("cannot be read: Not a directory"));
  CHECK_THAT(write_snapshot(directory / "file", {}).value_or(""), Contains("cannot be written: Not a directory"));
  CHECK_THAT(discard_snapshots(directory / "file").value_or(""), Contains("Not a directory"));
}

TEST_CASE("two generations are kept and no more, and nobody else's files are touched") {
  const TemporaryDirectory directory;
  const Names foreign = {"boot",
                         "snapshot-",
                         "snapshot-1",
                         "snapshot-00000000000x",
                         "snapshot-000000000009.old",
                         "snapshot-0000000000010",
                         "snapshot-+00000000001"};
  for (const std::string& name : foreign) put_file(directory / name, "foreign");
  std::filesystem::create_directory(directory / "snapshot-000000000900");
  std::filesystem::create_symlink(directory / "boot", directory / "snapshot-000000000901");
  for (const char* chunk : {"1", "2", "3", "4", "5"}) REQUIRE(write_snapshot(directory.path, {chunk}) == std::nullopt);

  Names expected = foreign;
  for (const char* number : {"004", "005", "900", "901"})
    expected.push_back(std::string("snapshot-000000000") + number);
  std::sort(expected.begin(), expected.end());
  CHECK(directory.names() == expected);
  CHECK(chunks_in(directory.path) == Chunks{"5"});
  for (const std::string& name : foreign) CHECK(content_of(directory / name) == "foreign");
}

TEST_CASE("a stale temporary is removed, and one that is given up leaves no trace") {
  const TemporaryDirectory directory;
  REQUIRE(write_snapshot(directory.path, {"old"}) == std::nullopt);
  put_file(directory / "snapshot.new", "half of a");
  {
    SnapshotWriter writer(directory.path);
    CHECK(writer.add(std::string(300'000, 'x')));
    CHECK(content_of(directory / "snapshot.new").size() > 300'000);
  }
  CHECK(directory.names() == Names{"snapshot-000000000001"});
  CHECK(chunks_in(directory.path) == Chunks{"old"});
}

TEST_CASE("a chunk that is too large is refused and spoils the attempt") {
  const TemporaryDirectory directory;
  SnapshotWriter writer(directory.path);
  CHECK(writer.add("fine"));
  CHECK_FALSE(writer.add(std::string(chunk_bytes_max + 1, 'x')));
  CHECK_FALSE(writer.add("fine"));
  CHECK_THAT(std::move(writer).commit().value_or(""), Contains("a chunk of 4194305 bytes, at most 4194304"));
  CHECK(directory.names().empty());
}

TEST_CASE("a writer that has ended writes nothing more") {
  const TemporaryDirectory directory;
  SnapshotWriter writer(directory.path);
  CHECK(writer.add("one"));
  CHECK(std::move(writer).commit() == std::nullopt);
  CHECK_FALSE(writer.add("two"));
  CHECK_THAT(std::move(writer).commit().value_or(""), Contains("was committed before"));
  CHECK(directory.names() == Names{"snapshot-000000000001"});
}

TEST_CASE("discarding removes all generations, and numbers begin again") {
  const TemporaryDirectory directory;
  for (const char* chunk : {"1", "2", "3"}) REQUIRE(write_snapshot(directory.path, {chunk}) == std::nullopt);
  put_file(directory / "snapshot-000000000001.damaged", "x");
  put_file(directory / "snapshot.new", "x");
  put_file(directory / "node-id", "x");
  CHECK(discard_snapshots(directory.path) == std::nullopt);
  CHECK(directory.names() == Names{"node-id"});
  CHECK(write_snapshot(directory.path, {"new"}) == std::nullopt);
  CHECK(chunks_in(directory.path) == Chunks{"new"});
}

TEST_CASE("the last number that there is ends with a problem and not with an old snapshot on top") {
  const TemporaryDirectory directory;
  put_file(directory / "snapshot-999999999999", "x");
  CHECK_THAT(write_snapshot(directory.path, {"new"}).value_or(""), Contains("delete it"));
  CHECK(directory.names() == Names{"snapshot-999999999999"});
}

TEST_CASE("the time of a snapshot is its file's") {
  const TemporaryDirectory directory;
  REQUIRE(write_snapshot(directory.path, {"x"}) == std::nullopt);
  const timespec times[2] = {{1'700'000'000, 123'000'000}, {1'700'000'000, 123'000'000}};
  REQUIRE(::utimensat(AT_FDCWD, (directory / "snapshot-000000000001").c_str(), times, 0) == 0);
  Collected sink;
  CHECK(read_snapshot(directory.path, sink).written_wall_ms == 1'700'000'000'123);
}
