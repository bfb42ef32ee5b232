// Goal: a reserved mark survives whatever happens after, is never lowered, and a damaged one is not believed. Method:
// real directories; every byte damaged; every system call failed, and the process ended at each.
#include "server/store/clock_mark.hpp"

#include <cerrno>
#include <limits>

#include "tests/unit/store/faults.hpp"
#include "tests/unit/store/store_support.hpp"

using namespace muster::store;
using namespace muster::store::testing;
using Catch::Contains;

namespace {

std::optional<std::uint64_t> value_in(const TemporaryDirectory& directory) {
  const ClockMark::Reading reading = ClockMark(directory.path).read();
  CHECK(reading.problem == std::nullopt);
  return reading.value;
}

}  // namespace

TEST_CASE("a mark is read as it was reserved") {
  const TemporaryDirectory directory;
  CHECK(value_in(directory) == std::nullopt);
  for (const std::uint64_t value : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1'732'461'502'000},
                                    std::numeric_limits<std::uint64_t>::max()}) {
    CHECK(ClockMark(directory.path).reserve(value) == std::nullopt);
    CHECK(value_in(directory) == value);
  }
  CHECK(directory.names() == Names{"clock"});
}

TEST_CASE("a mark is not lowered, and one that holds already costs nothing") {
  const TemporaryDirectory directory;
  CHECK(ClockMark(directory.path).reserve(100) == std::nullopt);
  ClockMark mark(directory.path);
  CHECK(mark.reserve(99) == std::nullopt);
  CHECK(value_in(directory) == 100U);
  const Faults faults;
  CHECK(mark.reserve(100) == std::nullopt);
  CHECK(faults.calls().empty());
}

TEST_CASE("every damage of a mark is found, and mended by the next reservation") {
  const TemporaryDirectory directory;
  REQUIRE(ClockMark(directory.path).reserve(0xabcdef) == std::nullopt);
  const std::string content = content_of(directory / "clock");
  std::vector<std::string> damages = {content + "\n", content + content, ""};
  for (std::size_t at = 0; at < content.size(); ++at) {
    damages.push_back(content.substr(0, at));
    for (int bit = 0; bit < 8; ++bit) {
      damages.push_back(content);
      damages.back()[at] = static_cast<char>(content[at] ^ (1 << bit));
    }
  }
  for (const std::string& damage : damages) {
    INFO("content '" << damage << "'");
    put_file(directory / "clock", damage);
    ClockMark mark(directory.path);
    const ClockMark::Reading reading = mark.read();
    REQUIRE(reading.value == std::nullopt);
    REQUIRE_THAT(reading.problem.value_or(""), Contains(directory / "clock: is damaged"));
  }
  CHECK(ClockMark(directory.path).reserve(7) == std::nullopt);
  CHECK(value_in(directory) == 7U);
}

TEST_CASE("each call that fails is told, and the mark is the old or the new one") {
  const std::string call = GENERATE("open", "write", "fsync", "close", "rename");
  const TemporaryDirectory directory;
  int calls = 1;
  std::uint64_t value = 10;
  for (int nth = 1; nth <= calls; ++nth) {
    INFO(call << " " << nth);
    REQUIRE(ClockMark(directory.path).reserve(value) == std::nullopt);
    ClockMark mark(directory.path);
    mark.read();
    Problem problem;
    {
      Faults faults;
      faults.fail(call, nth, ENOSPC);
      problem = mark.reserve(value + 1);
      calls = std::max(calls, faults.count(call));
    }
    if (call != "close" || nth == 1) CHECK_THAT(problem.value_or(""), Contains("cannot be"));
    const auto kept = value_in(directory);
    CHECK((kept == value || kept == value + 1));
    CHECK(mark.reserve(value + 1) == std::nullopt);  // a mark that failed is not taken for durable
    CHECK(value_in(directory) == value + 1);
    CHECK(directory.names() == Names{"clock"});
    value += 2;
  }
}

TEST_CASE("wherever the process ends, the mark is the old or the new one") {
  bool finished = false;
  for (int nth = 1; !finished; ++nth) {
    INFO("ended at call " << nth);
    REQUIRE(nth < 50);
    const TemporaryDirectory directory;
    REQUIRE(ClockMark(directory.path).reserve(1) == std::nullopt);
    finished = exit_code_of([&] {
                 Faults faults;
                 faults.crash_at(nth);
                 ClockMark(directory.path).reserve(2);
               }) == 0;
    const auto kept = value_in(directory);
    CHECK((kept == 1U || kept == 2U));
    CHECK(ClockMark(directory.path).reserve(3) == std::nullopt);
    CHECK(directory.names() == Names{"clock"});
  }
}

TEST_CASE("a mark that cannot be read is a problem and not an absent one") {
  const TemporaryDirectory directory;
  REQUIRE(ClockMark(directory.path).reserve(5) == std::nullopt);
  const char* call = GENERATE("open", "read");
  ClockMark::Reading reading;
  {
    Faults faults;
    faults.fail(call, 1, EIO);
    reading = ClockMark(directory.path).read();
  }
  CHECK(reading.value == std::nullopt);
  CHECK_THAT(reading.problem.value_or(""), Contains("clock: cannot be read: Input/output error"));
}
