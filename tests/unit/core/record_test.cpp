// Goal: which records live, what status is visible. Method: the rules one by one. (That merging is commutative,
// associative and idempotent is tested over random records in tests/sim.)
#include "server/core/record.hpp"

#include <catch2/catch.hpp>

using namespace muster::core;

namespace {

Version version(std::uint64_t clock) {
  return {clock, {1, 1}};
}

Record registered(std::uint64_t at, Incarnation incarnation, Status reported = Status::up) {
  Record record;
  record.registration.emplace();
  record.registration->version = version(at);
  record.registration->incarnation = record.registration->rank = incarnation;
  record.registration->reported = reported;
  record.holder.version = version(at);
  return record;
}

void cancel(Record& record, std::uint64_t at, Incarnation fenced) {
  record.tombstone = std::make_shared<Tombstone>(Tombstone{version(at), fenced, {}, {}, {}});
}

void override_with(Record& record, std::uint64_t at, std::optional<Status> value) {
  auto override_ = std::make_shared<Override>();
  override_->version = version(at);
  override_->value = value;
  record.override_ = override_;
}

}  // namespace

TEST_CASE("a cancel takes out its incarnation and older ones, whatever their version") {
  Record record = registered(10, 5);
  CHECK(is_live(record));
  cancel(record, 20, 5);
  CHECK_FALSE(is_live(record));
  CHECK_FALSE(is_live(merge(record, registered(30, 5))));
  CHECK_FALSE(is_live(merge(record, registered(30, 4))));
}

TEST_CASE("a registration of a later incarnation, or accepted in sight of the cancel, lives") {
  Record record = registered(10, 5);
  cancel(record, 20, 5);
  CHECK(is_live(merge(record, registered(15, 6))));
  Record seen = registered(30, 5);
  seen.over = std::make_shared<Over>(Over{{5, version(20), version(30)}, {}});
  CHECK(is_live(merge(record, seen)));
  seen.over = std::make_shared<Over>(Over{{5, version(19), version(30)}, {}});
  CHECK_FALSE(is_live(merge(record, seen)));
  // A later end that fences less was seen; this one was not.
  seen.over = std::make_shared<Over>(Over{{4, version(25), version(30)}, {}});
  CHECK_FALSE(is_live(merge(record, seen)));
  seen.over = std::make_shared<Over>(Over{{}, {version(10), version(25), version(30)}});
  CHECK_FALSE(is_live(merge(record, seen)));
}

TEST_CASE("what a record has gone over is not given up for an end that fences less") {
  Record record = registered(50, 5);
  record.over = std::make_shared<Over>(Over{{9, version(20), version(30)}, {}});
  cancel(record, 40, 5);
  const Record before = record;
  go_over_end(record, version(50));
  CHECK(is_live(record));
  CHECK(record.over->cancel.fenced == 9);
  CHECK(*merge(record, before).over == *record.over);
}

TEST_CASE("of two lives the later one wins whenever it was written, but for one that was accepted over it") {
  const Record old_life = registered(90, 5), new_life = registered(10, 6);
  CHECK(merge(old_life, new_life).registration->incarnation == 6);
  Record stepped_back = registered(20, 5);
  stepped_back.registration->rank = 6;
  CHECK(merge(new_life, stepped_back).registration->version == version(20));
}

TEST_CASE("an eviction does not beat a move of the lease that it had not seen") {
  Record record = registered(10, 5);
  record.tombstone = std::make_shared<Tombstone>(Tombstone{{}, 0, version(20), Cause::expired, version(10)});
  CHECK_FALSE(is_live(record));
  Record moved = registered(10, 5);
  moved.holder.version = version(11);
  CHECK(is_live(merge(record, moved)));
}

TEST_CASE("visible is what is reported when that is DOWN, STARTING or UNKNOWN, else the override") {
  for (const Status reported : {Status::down, Status::starting, Status::unknown}) {
    Record record = registered(1, 1, reported);
    override_with(record, 2, Status::out_of_service);
    CHECK(visible_status(record) == reported);
  }
  for (const Status reported : {Status::up, Status::out_of_service}) {
    Record record = registered(1, 1, reported);
    CHECK(visible_status(record) == reported);
    for (const Status value : {Status::up, Status::down, Status::starting, Status::out_of_service, Status::unknown}) {
      override_with(record, 2, value);
      CHECK(visible_status(record) == value);
    }
    override_with(record, 3, std::nullopt);
    CHECK(visible_status(record) == reported);
  }
}
