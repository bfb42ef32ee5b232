// Goal: the latest events are kept, numbered, and found by number and by name. Method: facts put into a ring, and the
// document read.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "server/app/event_ring.hpp"

using namespace muster;
using Json = nlohmann::ordered_json;
using Numbers = std::vector<std::uint64_t>;

namespace {

constexpr core::WallMs at_ms = 1'760'000'000'123;

void add(app::EventRing& ring, std::string id, core::Cause cause = core::Cause::registered,
         std::string service = "orders", std::string by = "10.0.0.1") {
  ring.add(core::Fact{cause, {std::move(service), std::move(id)}, std::move(by)}, at_ms);
}

void add_hold(app::EventRing& ring, core::ScopeKind kind, std::string name, bool began = true) {
  core::HoldFact fact;
  fact.hold.kind = kind;
  fact.hold.name = std::move(name);
  fact.hold.reason = "5 of 5 are late.";
  fact.began = began;
  ring.add(fact, at_ms);
}

Json read(const app::EventRing& ring, const api::v1::EventQuery& query = {}) {
  return Json::parse(ring.document(query));
}

Json read_after(const app::EventRing& ring, std::uint64_t after, std::size_t limit = 100) {
  api::v1::EventQuery query;
  query.after = after;
  query.limit = limit;
  return read(ring, query);
}

Numbers numbers(const Json& document) {
  Numbers out;
  for (const Json& event : document["events"]) out.push_back(event["number"].get<std::uint64_t>());
  return out;
}

}  // namespace

TEST_CASE("nothing has happened yet") {
  const app::EventRing ring(10);
  CHECK(ring.document({}) == R"({"events":[],"next":0,"dropped":false})");
  CHECK(read_after(ring, 0)["dropped"] == false);
}

TEST_CASE("an event says what happened to whom, when, and who did it") {
  app::EventRing ring(10);
  add(ring, "a\"", core::Cause::cancelled);
  add(ring, "b", core::Cause::expired, "orders", "");
  add_hold(ring, core::ScopeKind::subnet, "10.0.0.0/24");
  add_hold(ring, core::ScopeKind::all, "", false);
  CHECK(ring.document({}) ==
        R"({"events":[{"number":1,"at":"2025-10-09T08:53:20.123Z","cause":"cancelled","service":"orders","id":"a\"",)"
        R"("by":"10.0.0.1"},{"number":2,"at":"2025-10-09T08:53:20.123Z","cause":"expired","service":"orders","id":"b",)"
        R"("by":null},{"number":3,"at":"2025-10-09T08:53:20.123Z","cause":"hold_began","kind":"subnet",)"
        R"("name":"10.0.0.0/24","reason":"5 of 5 are late."},{"number":4,"at":"2025-10-09T08:53:20.123Z",)"
        R"("cause":"hold_ended","kind":"all","name":"","reason":"5 of 5 are late."}],"next":4,"dropped":false})");
}

TEST_CASE("the newest are kept, whatever was in their place before") {
  app::EventRing ring(3);
  const std::string long_id(500, 'x');
  for (const std::string& id : {std::string("a"), long_id, std::string("c"), std::string("d"), std::string("e")})
    add(ring, id);
  CHECK(ring.size() == 3);
  const Json document = read(ring);
  CHECK(numbers(document) == Numbers{3, 4, 5});
  CHECK(document["events"][0]["id"] == "c");
  CHECK(document["events"][2]["id"] == "e");
  CHECK(document["next"] == 5);
  for (int i = 0; i < 100; ++i) add(ring, std::to_string(i));
  CHECK(numbers(read(ring)) == Numbers{103, 104, 105});
  CHECK(read(ring)["events"][2]["id"] == "99");
}

TEST_CASE("without a number the newest are shown, oldest first") {
  app::EventRing ring(10);
  for (const char* id : {"a", "b", "c", "d"}) add(ring, id);
  api::v1::EventQuery query;
  query.limit = 2;
  CHECK(numbers(read(ring, query)) == Numbers{3, 4});
  CHECK(read(ring, query)["next"] == 4);
}

TEST_CASE("a reader that goes on from next misses nothing and sees nothing twice") {
  app::EventRing ring(10);
  for (int i = 0; i < 7; ++i) add(ring, std::to_string(i));
  Numbers seen;
  std::uint64_t after = 0;
  for (int i = 0; i < 3; ++i) {
    const Json document = read_after(ring, after, 3);
    CHECK(document["dropped"] == false);
    for (const std::uint64_t number : numbers(document)) seen.push_back(number);
    after = document["next"].get<std::uint64_t>();
  }
  CHECK(seen == Numbers{1, 2, 3, 4, 5, 6, 7});
  CHECK(after == 7);
  CHECK(numbers(read_after(ring, after)).empty());
}

TEST_CASE("a reader that comes too late is told") {
  app::EventRing ring(3);
  for (int i = 0; i < 6; ++i) add(ring, std::to_string(i));  // 4, 5, 6 are kept
  const auto [after, dropped] = GENERATE(table<std::uint64_t, bool>({{0, true}, {2, true}, {3, false}, {6, false}}));
  INFO(after);
  CHECK(read_after(ring, after)["dropped"] == dropped);
}

TEST_CASE("a number of an earlier boot begins at the oldest, and says that there was more") {
  app::EventRing ring(3);
  add(ring, "a");
  const Json document = read_after(ring, GENERATE(2u, 1'000'000u));
  CHECK(document["dropped"] == true);
  CHECK(numbers(document) == Numbers{1});
  CHECK(document["next"] == 1);
}

TEST_CASE("events are found by service and id") {
  app::EventRing ring(10);
  add(ring, "a");                                       // 1
  add(ring, "b");                                       // 2
  add(ring, "a", core::Cause::expired, "bills");        // 3
  add_hold(ring, core::ScopeKind::service, "orders");   // 4
  add_hold(ring, core::ScopeKind::zone, "orders");      // 5: a zone of that name
  add(ring, "a", core::Cause::hold_expired, "orders");  // 6
  api::v1::EventQuery query;
  query.service = "orders";
  CHECK(numbers(read(ring, query)) == Numbers{1, 2, 4, 6});
  query.id = "a";
  CHECK(numbers(read(ring, query)) == Numbers{1, 6});
  query.limit = 1;
  CHECK(numbers(read(ring, query)) == Numbers{6});
  query.after = 0;
  CHECK(numbers(read(ring, query)) == Numbers{1});
  CHECK(read(ring, query)["next"] == 1);
  query.after = 1;
  query.limit = 2;
  CHECK(read(ring, query)["next"] == 6);
  query.service.reset();
  CHECK(numbers(read(ring, query)) == Numbers{3, 6});
}

TEST_CASE("the number of kept events may change while running") {
  app::EventRing ring(3);
  for (int i = 0; i < 5; ++i) add(ring, std::to_string(i));
  SECTION("fewer: the newest stay") {
    ring.resize(2);
    CHECK(numbers(read(ring)) == Numbers{4, 5});
    add(ring, "x");
    CHECK(numbers(read(ring)) == Numbers{5, 6});
  }
  SECTION("more: all stay") {
    ring.resize(5);
    for (int i = 0; i < 3; ++i) add(ring, "x");
    CHECK(numbers(read(ring)) == Numbers{4, 5, 6, 7, 8});
  }
  SECTION("none: they are only counted") {
    ring.resize(0);
    add(ring, "x");
    const Json document = read_after(ring, 5);
    CHECK(numbers(document).empty());
    CHECK(document["next"] == 6);
    CHECK(document["dropped"] == true);
    ring.resize(1);
    add(ring, "y");
    CHECK(numbers(read(ring)) == Numbers{7});
  }
}
