// Goal: no damage is delivered; a damaged generation is put aside and the older one is used. Method: every single
// damage of a small file, by hand, beside an older generation that is whole.
#include "server/store/snapshot_format.hpp"
#include "tests/unit/store/faults.hpp"
#include "tests/unit/store/store_support.hpp"

using namespace muster::store;
using namespace muster::store::testing;
using Catch::Contains;

namespace {

const Chunks old_chunks = {"of the older", "generation"};
const Chunks new_chunks = {"one", "", "three and more", "four"};

/// Generations 1 and 2, of which a test damages the second.
class TwoGenerations {
 public:
  TwoGenerations() {
    REQUIRE(write_snapshot(directory.path, old_chunks) == std::nullopt);
    REQUIRE(write_snapshot(directory.path, new_chunks) == std::nullopt);
    content = content_of(newest);
  }

  /// Why the second generation is refused when it holds this; the first one is used then, or the test fails.
  std::string refusal_of(const std::string& damaged) const {
    put_file(newest, damaged);
    Collected sink;
    const SnapshotReading reading = read_snapshot(directory.path, sink);
    REQUIRE(reading.generation == 1);
    REQUIRE(sink.chunks == old_chunks);
    REQUIRE(sink.begun == 1);  // nothing of the damaged one was delivered
    REQUIRE(reading.refused.size() == 1);
    REQUIRE(directory.names() == Names{"snapshot-000000000001", "snapshot-000000000002.damaged"});
    REQUIRE(content_of(newest + ".damaged") == damaged);
    REQUIRE_THAT(reading.refused[0], Contains(newest + ": ") && Contains("it is kept as " + newest + ".damaged"));
    return reading.refused[0];
  }

  TemporaryDirectory directory;
  std::string newest = directory / "snapshot-000000000002";
  std::string content;
};

/// A file of these frames and payloads with a trailer that fits them.
std::string file_of(const std::string& header, const std::string& frames, std::uint64_t count) {
  std::string file = header + frames + encode_trailer(count);
  RunningChecksum sum;
  sum.add(file);
  return file + encode_number(sum.value());
}

}  // namespace

TEST_CASE("every flipped bit is found") {
  const TwoGenerations two;
  for (std::size_t at = 0; at < two.content.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      INFO("byte " << at << ", bit " << bit);
      std::string damaged = two.content;
      damaged[at] = static_cast<char>(damaged[at] ^ (1 << bit));
      two.refusal_of(damaged);
    }
  }
}

TEST_CASE("every length that a file can be cut to is found") {
  const TwoGenerations two;
  for (std::size_t length = 0; length < two.content.size(); ++length) {
    INFO("length " << length);
    two.refusal_of(two.content.substr(0, length));
  }
}

TEST_CASE("every lost and every added byte is found") {
  const TwoGenerations two;
  for (std::size_t at = 0; at <= two.content.size(); ++at) {
    INFO("byte " << at);
    if (at < two.content.size()) two.refusal_of(std::string(two.content).erase(at, 1));
    two.refusal_of(std::string(two.content).insert(at, 1, '\0'));
  }
}

TEST_CASE("every stretch of zeros in place of the end is found, as a crash leaves it") {
  const TwoGenerations two;
  for (std::size_t from = 0; from + 1 < two.content.size(); ++from) {
    INFO("from " << from);
    two.refusal_of(two.content.substr(0, from) + std::string(two.content.size() - from, '\0'));
  }
}

TEST_CASE("what was appended is found") {
  const TwoGenerations two;
  two.refusal_of(two.content + "garbage");
  two.refusal_of(two.content + two.content);
  two.refusal_of(two.content + two.content.substr(two.content.size() - snapshot_trailer_size));
}

TEST_CASE("chunks in another order are found though all else fits") {
  const TwoGenerations two;
  const std::string first = encode_frame("1st", 0) + "1st";
  const std::string second = encode_frame("2nd", 1) + "2nd";
  put_file(two.newest, file_of(encode_header(), first + second, 2));
  CHECK(chunks_in(two.directory.path) == Chunks{"1st", "2nd"});
  CHECK_THAT(two.refusal_of(file_of(encode_header(), second + first, 2)), Contains("its chunk 0 has another checksum"));
  CHECK_THAT(two.refusal_of(file_of(encode_header(), first, 2)), Contains("or of another one"));
}

TEST_CASE("a length that cannot be is found before memory is taken for it") {
  const TwoGenerations two;
  const auto with_length = [](std::uint32_t length) {
    return encode_number(length).substr(0, 4) + std::string(8, 'x') + "payload";
  };
  for (const std::uint32_t length : {8U, 32U, 4'194'304U, 4'194'305U, 0x7fffffffU, 0xffffffffU}) {
    const std::string file = file_of(encode_header(), with_length(length), 1);
    CHECK_THAT(two.refusal_of(file), Contains("the length of its chunk 0 cannot be"));
  }
  const std::string cut_frame = file_of(encode_header(), "half frame", 1);
  CHECK_THAT(two.refusal_of(cut_frame), Contains("at the end of its chunks"));
}

TEST_CASE("a format of another program is named as such") {
  const TwoGenerations two;
  std::string header = encode_header().substr(0, 16);
  header[8] = 7;
  header += encode_number(checksum(header));
  CHECK_THAT(two.refusal_of(file_of(header, "", 0)), Contains("has format 7, this program reads 1"));
  CHECK_THAT(two.refusal_of("<?xml version=\"1.0\"?> that is longer than a header and a trailer"),
             Contains("is not a snapshot of muster"));
}

TEST_CASE("a chunk that makes no sense refuses its generation, and the sink starts over") {
  const TemporaryDirectory directory;
  REQUIRE(write_snapshot(directory.path, old_chunks) == std::nullopt);
  REQUIRE(write_snapshot(directory.path, {"sense", "nonsense", "sense"}) == std::nullopt);
  Collected sink;
  const SnapshotReading reading = read_snapshot(directory.path, sink);
  CHECK(reading.generation == 1);
  CHECK(sink.chunks == old_chunks);
  CHECK(sink.begun == 2);
  REQUIRE(reading.refused.size() == 1);
  CHECK_THAT(reading.refused[0], Contains("is whole, but its chunk 1 makes no sense"));
}

TEST_CASE("a generation that the sink finds incomplete is refused") {
  const TemporaryDirectory directory;
  REQUIRE(write_snapshot(directory.path, {"all", "end"}) == std::nullopt);
  REQUIRE(write_snapshot(directory.path, {}) == std::nullopt);
  Collected sink;
  sink.last = "end";
  const SnapshotReading reading = read_snapshot(directory.path, sink);
  CHECK(reading.generation == 1);
  CHECK(sink.chunks == Chunks{"all", "end"});
  CHECK_THAT(reading.refused.at(0), Contains("is whole, but what it holds is not complete"));
}

TEST_CASE("when both are damaged there is nothing, both are reported and the newer one is kept") {
  const TwoGenerations two;
  put_file(two.newest, two.content.substr(1));
  put_file(two.directory / "snapshot-000000000001", "");
  Collected sink;
  const SnapshotReading reading = read_snapshot(two.directory.path, sink);
  CHECK(reading.generation == std::nullopt);
  CHECK(sink.begun == 0);
  REQUIRE(reading.refused.size() == 2);
  CHECK_THAT(reading.refused[0], Contains("snapshot-000000000002: is not a snapshot"));
  CHECK_THAT(reading.refused[1], Contains("snapshot-000000000001: is cut off"));
  CHECK(two.directory.names() == Names{"snapshot-000000000002.damaged"});

  CHECK(write_snapshot(two.directory.path, {"new"}) == std::nullopt);
  CHECK(two.directory.names() == Names{"snapshot-000000000002.damaged", "snapshot-000000000003"});
}

TEST_CASE("a file that cannot be opened is passed over and stays; one that cannot be read is put aside") {
  const TwoGenerations two;
  Collected sink;
  SnapshotReading reading;
  SECTION("opened") {
    {
      Faults faults;
      faults.fail("open", 1, EACCES);
      reading = read_snapshot(two.directory.path, sink);
    }
    CHECK_THAT(reading.refused.at(0), Contains("cannot be read: Permission denied; let the user that runs musterd"));
    CHECK(two.directory.names() == Names{"snapshot-000000000001", "snapshot-000000000002"});
    CHECK(chunks_in(two.directory.path) == new_chunks);
  }
  SECTION("read, while it is verified") {
    {
      Faults faults;
      faults.fail("read", 1, EIO);
      reading = read_snapshot(two.directory.path, sink);
    }
    CHECK(sink.begun == 1);
    CHECK_THAT(reading.refused.at(0), Contains("cannot be read: Input/output error; check the disk; it is kept as"));
    CHECK(two.directory.names() == Names{"snapshot-000000000001", "snapshot-000000000002.damaged"});
  }
  CHECK(reading.generation == 1);
}

TEST_CASE("a disk that fails while chunks are delivered makes the sink start over") {
  const TemporaryDirectory directory;
  REQUIRE(write_snapshot(directory.path, old_chunks) == std::nullopt);
  REQUIRE(write_snapshot(directory.path, {"small", std::string(200'000, 'x')}) == std::nullopt);
  Collected sink;
  int reads = 0;
  {
    Faults faults;
    read_snapshot(directory.path, sink);
    reads = faults.count("read");
  }
  SnapshotReading reading;
  {
    Faults faults;
    faults.fail("read", reads - 1, EIO);
    sink.begun = 0;
    reading = read_snapshot(directory.path, sink);
  }
  CHECK(sink.begun == 2);
  CHECK(sink.chunks == old_chunks);
  CHECK(reading.generation == 1);
}

TEST_CASE("a damaged file that cannot be renamed is reported and passed over") {
  const TwoGenerations two;
  put_file(two.newest, "x");
  Collected sink;
  SnapshotReading reading;
  {
    Faults faults;
    faults.fail("rename", 1, EROFS);
    reading = read_snapshot(two.directory.path, sink);
  }
  CHECK(sink.chunks == old_chunks);
  CHECK_THAT(reading.refused.at(0), Contains("it: cannot be renamed: Read-only file system"));
}
