// Goal: readers of a changing document get it as fresh as a bounded share of a processor allows, and never hold up the
// loop. Method: a document whose cost and state the test sets, a clock and a background that the test moves by hand.
#include <catch2/catch.hpp>

#include <deque>

#include "server/api/eureka/live_document.hpp"

namespace {

using namespace muster;
using namespace std::chrono_literals;
using api::eureka::CostModel;
using api::eureka::Document;
using api::eureka::DocumentPtr;
using api::eureka::LiveDocument;

struct HandBackground final : api::Background {
  std::deque<std::pair<std::function<void()>, std::function<void()>>> jobs;
  bool full = false;
  bool run(std::function<void()> job, std::function<void()> done) override {
    if (full) return false;
    jobs.emplace_back(std::move(job), std::move(done));
    return true;
  }
  void work_once() {
    auto [job, done] = std::move(jobs.front());
    jobs.pop_front();
    job();
    done();
  }
};

struct Bench {
  static constexpr std::size_t cheap = 1'000;
  static constexpr std::size_t dear = 100'000'000;

  HandBackground background;
  CostModel costs;
  std::chrono::steady_clock::time_point now{std::chrono::hours(1)};
  std::chrono::nanoseconds takes{0};  ///< what an encoding adds to the clock
  std::optional<LiveDocument> document;
  int revision = 1;
  int encodings = 0;
  std::vector<std::pair<std::string, long>> answers;  ///< body and age

  Bench() {
    document.emplace(
        api::eureka::Form{}, background, costs, [this] { return now; }, [this] { return now.time_since_epoch(); });
  }

  void read(std::size_t work) {
    LiveDocument::Source source;
    source.tag = std::to_string(revision);
    source.work = work;
    source.encode = [this, tag = source.tag, work]() -> DocumentPtr {
      ++encodings;
      now += takes;
      if (tag == "0") throw std::bad_alloc();
      return Document::of({}, "body " + tag, tag, work);
    };
    document->read(std::move(source), [this](const DocumentPtr& got, std::chrono::milliseconds age) {
      api::Response response;
      if (got) Document::attach(got, response);
      answers.emplace_back(got ? std::string(response.shared.front().bytes) : "none", age.count());
    });
  }
  std::pair<std::string, long> last() const {
    return answers.empty() ? std::pair<std::string, long>() : answers.back();
  }
};

using Answered = std::pair<std::string, long>;

}  // namespace

TEST_CASE("a cheap document is exact for every reader, and encoded once a state") {
  Bench bench;
  for (int i = 0; i < 3; ++i) bench.read(Bench::cheap);
  CHECK(bench.encodings == 1);
  ++bench.revision;
  bench.read(Bench::cheap);
  CHECK(bench.last() == Answered("body 2", 0));
  CHECK(bench.encodings == 2);
  CHECK(bench.background.jobs.empty());
}

TEST_CASE("the first readers of a dear document wait for one encoding away from the loop") {
  Bench bench;
  bench.takes = 40ms;
  bench.read(Bench::dear);
  bench.read(Bench::dear);
  CHECK(bench.answers.empty());
  REQUIRE(bench.background.jobs.size() == 1);
  bench.background.work_once();
  CHECK(bench.encodings == 1);
  REQUIRE(bench.answers.size() == 2);
  CHECK(bench.last() == Answered("body 1", 40));
  bench.read(Bench::dear);
  CHECK(bench.last() == Answered("body 1", 0));  // nothing has changed since
}

TEST_CASE("a dear document is encoded once in five times what it takes, and readers meanwhile are told its age") {
  Bench bench;
  bench.takes = 40ms;
  bench.read(Bench::dear);
  bench.background.work_once();
  bench.now += 20ms;
  ++bench.revision;
  bench.read(Bench::dear);
  CHECK(bench.last() == Answered("body 1", 60));
  CHECK(bench.background.jobs.empty());  // 5 x 40 ms have not passed since the last one began
  bench.now += 150ms;
  bench.read(Bench::dear);
  CHECK(bench.last() == Answered("body 1", 210));
  REQUIRE(bench.background.jobs.size() == 1);
  bench.read(Bench::dear);
  CHECK(bench.background.jobs.size() == 1);
  bench.background.work_once();
  bench.read(Bench::dear);
  CHECK(bench.last() == Answered("body 2", 0));
}

TEST_CASE("nobody is given a document that is too old: the reader waits for the next") {
  Bench bench;
  bench.takes = 40ms;
  bench.read(Bench::dear);
  bench.background.work_once();
  ++bench.revision;
  bench.now += 10s;
  bench.read(Bench::dear);
  CHECK(bench.answers.size() == 1);
  bench.background.work_once();
  CHECK(bench.last() == Answered("body 2", 40));
}

TEST_CASE("a reader for whom little is left to encode gets the newest state, and keeps it") {
  Bench bench;
  bench.takes = 40ms;
  bench.read(Bench::dear);
  bench.background.work_once();
  bench.now += 1s;
  ++bench.revision;
  bench.read(Bench::dear);  // waits for revision 2
  ++bench.revision;
  bench.takes = 1ms;
  bench.read(Bench::cheap);
  CHECK(bench.last() == Answered("body 3", 0));
  bench.background.work_once();  // comes back with revision 2
  CHECK(bench.last().first == "body 3");
  bench.read(Bench::dear);
  CHECK(bench.last() == Answered("body 3", 0));
}

TEST_CASE("what changed during a long encoding is encoded at once, so that reads become exact again") {
  Bench bench;
  bench.takes = 200ms;
  bench.read(Bench::dear);
  bench.background.work_once();
  ++bench.revision;
  bench.takes = 20ms;
  const auto fraction = bench.costs.too_much({}) * 10;  // 20 ms
  bench.read(fraction);
  CHECK(bench.last().first == "body 1");
  REQUIRE(bench.background.jobs.size() == 1);
  bench.background.work_once();
  ++bench.revision;
  bench.read(fraction);  // no fraction of the last one any more: waits for its time
  CHECK(bench.background.jobs.empty());
  bench.takes = 1ms;
  bench.read(Bench::cheap);
  CHECK(bench.last() == Answered("body 3", 0));
  ++bench.revision;
  bench.now += 850ms;  // 5 x 200 ms have passed, but catching up has to be paid for
  bench.read(Bench::dear);
  CHECK(bench.background.jobs.empty());
  bench.now += 100ms;
  bench.read(Bench::dear);
  CHECK(bench.background.jobs.size() == 1);
}

TEST_CASE("while a dear document is young its readers need not ask for the newest state") {
  Bench bench;
  std::chrono::milliseconds age{0};
  CHECK_FALSE(bench.document->recent(age));
  bench.takes = 40ms;
  bench.read(Bench::dear);
  bench.background.work_once();
  CHECK(bench.document->recent(age));
  CHECK(age == 40ms);
  bench.now += 200ms;
  CHECK_FALSE(bench.document->recent(age));
  bench.read(Bench::dear);  // asks, finds nothing new
  CHECK(bench.document->recent(age));
  CHECK(age == 0ms);
  ++bench.revision;
  bench.read(Bench::cheap);
  CHECK_FALSE(bench.document->recent(age));  // cheap now: always exact
}

TEST_CASE("an encoding that fails is told to those who wait, and tried again by the next") {
  Bench bench;
  bench.revision = 0;
  bench.read(Bench::dear);
  bench.background.work_once();
  CHECK(bench.last() == Answered("none", 0));
  bench.revision = 1;
  bench.read(Bench::dear);
  REQUIRE(bench.background.jobs.size() == 1);
  bench.background.work_once();
  CHECK(bench.last().first == "body 1");
}

TEST_CASE("a document that nobody reads is let go") {
  Bench bench;
  bench.read(Bench::cheap);
  bench.document->drop_if_idle(bench.now + 29s);
  bench.read(Bench::cheap);
  CHECK(bench.encodings == 1);
  bench.document->drop_if_idle(bench.now + 31s);
  bench.read(Bench::cheap);
  CHECK(bench.encodings == 2);
}

TEST_CASE("an encoding that comes back after its document is gone does no harm") {
  Bench bench;
  bench.read(Bench::dear);
  bench.document.reset();
  bench.background.work_once();
  CHECK(bench.answers.empty());
}

TEST_CASE("one slow run hardly moves the estimate, a faster one does at once") {
  CostModel costs;
  const api::eureka::Form form{};
  const auto before = costs.estimate(form, 1'000'000);
  costs.learn(form, 1'000'000, before * 100);
  CHECK(costs.estimate(form, 1'000'000) < before * 2);
  costs.learn(form, 1'000'000, before / 10);
  CHECK(costs.estimate(form, 1'000'000) < before);
  costs.learn(form, 10, std::chrono::seconds(1));  // too little work to tell anything
  CHECK(costs.estimate(form, 1'000'000) < before);
  CHECK(costs.estimate(form, costs.too_much(form)) >= api::eureka::inline_max);
}
