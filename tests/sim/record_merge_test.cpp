#include <catch2/catch.hpp>

#include "server/core/record.hpp"
#include "tests/sim/random.hpp"
#include "tests/sim/seeds.hpp"

// Merging records must not depend on who hears what first, or nodes would not agree. Properties over random records.
namespace muster::sim {
namespace {

/// Few different versions, so that equal ones meet often. A version names one write: the same version always stands for
/// the same content.
core::Version version_of(Random& random) {
  return core::Version{1 + random.below(6), model::Origin{1 + random.below(2), 1}};
}

core::Record random_record(Random& random) {
  core::Record record;
  if (random.permille(850)) {
    core::Registration registration;
    registration.version = version_of(random);
    const std::uint64_t word = registration.version.clock * 10 + registration.version.origin.node;
    registration.incarnation = 1 + word % 7;
    registration.rank = registration.incarnation + (word % 5 == 0 ? 3 : 0);
    if (word % 3 == 0) {
      core::Over over;
      if (word % 2 == 0) over.cancel = {1 + word % 7, core::Version{word % 5, {1, 1}}, registration.version};
      if (word % 4 != 0) over.eviction = {{word % 4, {1, 1}}, core::Version{word % 5, {1, 1}}, registration.version};
      record.over = std::make_shared<const core::Over>(over);
    }
    registration.payload = std::make_shared<const std::string>(std::to_string(word));
    registration.reported = static_cast<core::Status>(word % model::status_count);
    record.registration = registration;
  }
  if (random.permille(500)) {
    auto overlay = std::make_shared<core::Overlay>();
    for (const char* key : {"a", "b", "c"}) {
      if (random.permille(500)) continue;
      core::OverlayEntry entry{version_of(random), std::nullopt};
      if (entry.version.clock % 3 != 0)
        entry.value = std::to_string(entry.version.clock * 10 + entry.version.origin.node);
      (*overlay)[key] = entry;
    }
    if (!overlay->empty()) record.overlay = overlay;
  }
  if (random.permille(500)) {
    auto override_ = std::make_shared<core::Override>();
    override_->version = version_of(random);
    const std::uint64_t word = override_->version.clock * 10 + override_->version.origin.node;
    if (word % 4 != 0) override_->value = static_cast<core::Status>(word % model::status_count);
    override_->ends_with_cancel = word % 3 == 0;
    if (word % 4 == 0) override_->ends = core::Version{word % 6, {1, 1}};
    record.override_ = override_;
  }
  if (record.registration) {
    record.holder.version = version_of(random);
    record.holder.node = record.holder.version.origin;
  }
  if (random.permille(500)) {
    auto tombstone = std::make_shared<core::Tombstone>();
    const core::Version version = version_of(random);
    const std::uint64_t word = version.clock * 10 + version.origin.node;
    if (word % 2 == 0) {
      tombstone->cancelled = version;
      tombstone->fenced = 1 + word % 7;
    } else {
      tombstone->evicted = version;
      tombstone->judged_holder = core::Version{word % 6, {1, 1}};
    }
    record.tombstone = tombstone;
  }
  core::settle(record);
  return record;
}

std::string show(const core::Version& version) {
  return std::to_string(version.clock) + '.' + std::to_string(version.origin.node);
}

/// All of a record as text: two records are equal when their texts are.
std::string show(const core::Record& record) {
  std::string text;
  if (record.registration)
    text += "registration " + show(record.registration->version) + ' ' + *record.registration->payload + ' ' +
            std::to_string(record.registration->incarnation) + ' ' + std::to_string(record.registration->rank) + ' ' +
            std::string(to_string(record.registration->reported));
  if (record.over) {
    const auto& [cancel, eviction] = *record.over;
    text += " over " + std::to_string(cancel.fenced) + ' ' + show(cancel.cancelled) + ' ' + show(cancel.version) + ' ' +
            show(eviction.judged_holder) + ' ' + show(eviction.evicted) + ' ' + show(eviction.version);
  }
  if (record.overlay)
    for (const auto& [key, entry] : *record.overlay)
      text += " overlay " + key + '=' + entry.value.value_or("removed") + '@' + show(entry.version);
  if (record.override_)
    text += " override " + show(record.override_->version) + ' ' +
            (record.override_->value ? std::string(to_string(*record.override_->value)) : "removed");
  text += " holder " + show(record.holder.version) + ' ' + std::to_string(record.holder.node.node);
  if (record.tombstone)
    text += " tombstone " + show(record.tombstone->cancelled) + ' ' + std::to_string(record.tombstone->fenced) + ' ' +
            show(record.tombstone->evicted) + ' ' + show(record.tombstone->judged_holder);
  return text;
}

void expect_equal(const core::Record& left, const core::Record& right, const char* law) {
  if (show(left) != show(right))
    throw std::runtime_error(std::string(law) + ": " + show(left) + " | " + show(right) + '\n');
}

}  // namespace

TEST_CASE("merging records is commutative, associative and idempotent") {
  for_seeds(2000, [](std::uint64_t seed) {
    Random random(seed);
    const core::Record a = random_record(random), b = random_record(random), c = random_record(random);
    expect_equal(core::merge(a, a), a, "idempotent");
    expect_equal(core::merge(a, b), core::merge(b, a), "commutative");
    expect_equal(core::merge(core::merge(a, b), c), core::merge(a, core::merge(b, c)), "associative");
    expect_equal(core::merge(core::merge(a, b), b), core::merge(a, b), "absorbing");
  });
}

// Goal: no fence is lost. Method: whatever takes a registration out in one copy takes it out of the merged one, unless
// the merged one has a registration or holder that the tombstone had not seen.
TEST_CASE("a merged record keeps every fence") {
  for_seeds(2000, [](std::uint64_t seed) {
    Random random(seed);
    const core::Record a = random_record(random), b = random_record(random);
    const core::Record merged = core::merge(a, b);
    for (const core::Record* part : {&a, &b}) {
      if (!part->tombstone) continue;
      const core::Tombstone& kept = *merged.tombstone;
      if (kept.fenced < part->tombstone->fenced || kept.judged_holder < part->tombstone->judged_holder)
        throw std::runtime_error("a fence of " + show(*part) + " is not in " + show(merged) + '\n');
    }
  });
}

}  // namespace muster::sim
