#include "server/core/record.hpp"

#include <algorithm>
#include <tuple>

#include "server/core/rules.hpp"

namespace muster::core {
namespace {

bool precedes(const Registration& a, const Registration& b) {
  if (a.rank != b.rank && stands(Rule::later_life_wins)) return a.rank < b.rank;
  return a.version < b.version;
}

/// A removal that nobody asked for stands right behind what it ends.
auto place_of(const Override& value) {
  const bool ends = value.ends && stands(Rule::ends_what_it_saw);
  return std::tuple(ends ? value.ends : value.version, ends, value.version);
}

std::shared_ptr<const Override> later(const std::shared_ptr<const Override>& a,
                                      const std::shared_ptr<const Override>& b) {
  if (!a || !b) return a ? a : b;
  return place_of(*a) < place_of(*b) ? b : a;
}

std::shared_ptr<const Overlay> merge_overlays(const std::shared_ptr<const Overlay>& a,
                                              const std::shared_ptr<const Overlay>& b) {
  if (!a || !b || a == b) return a ? a : b;
  auto merged = std::make_shared<Overlay>(*a);
  for (const auto& [key, entry] : *b) {
    auto [place, fresh] = merged->try_emplace(key, entry);
    if (!fresh && place->second.version < entry.version) place->second = entry;
  }
  return merged;
}

std::shared_ptr<const Tombstone> merge_tombstones(const std::shared_ptr<const Tombstone>& a,
                                                  const std::shared_ptr<const Tombstone>& b) {
  if (!a || !b || a == b) return a ? a : b;
  auto merged = std::make_shared<Tombstone>(*a);
  if (std::tie(a->fenced, a->cancelled) < std::tie(b->fenced, b->cancelled)) {
    merged->fenced = b->fenced;
    merged->cancelled = b->cancelled;
  }
  if (std::tie(a->judged_holder, a->evicted) < std::tie(b->judged_holder, b->evicted)) {
    merged->judged_holder = b->judged_holder;
    merged->evicted = b->evicted;
    merged->why = b->why;
  }
  return merged;
}

std::shared_ptr<const Over> merge_over(const std::shared_ptr<const Over>& a, const std::shared_ptr<const Over>& b) {
  if (!a || !b || a == b || *a == *b) return a ? a : b;
  return std::make_shared<const Over>(Over{std::max(a->cancel, b->cancel), std::max(a->eviction, b->eviction)});
}

/// Up to where an earlier life went that is over.
Version ended(const Record& record) {
  return record.over ? std::max(record.over->cancel.cancelled, record.over->eviction.evicted) : Version{};
}

}  // namespace

bool is_live(const Record& record) {
  if (!record.registration) return false;
  if (!record.tombstone) return true;
  const Registration& registration = *record.registration;
  const Tombstone& tombstone = *record.tombstone;
  static const Over nothing;
  const Over& over = record.over ? *record.over : nothing;
  const bool cancel_unseen =
      std::tie(over.cancel.fenced, over.cancel.cancelled) < std::tie(tombstone.fenced, tombstone.cancelled);
  const bool eviction_unseen = std::tie(over.eviction.judged_holder, over.eviction.evicted) <
                               std::tie(tombstone.judged_holder, tombstone.evicted);
  const bool fenced = tombstone.cancelled && cancel_unseen && registration.incarnation <= tombstone.fenced;
  const bool judged = tombstone.evicted && eviction_unseen &&
                      (record.holder.version <= tombstone.judged_holder || !stands(Rule::move_beats_eviction));
  return !fenced && !judged;
}

void go_over_end(Record& record, const Version& by) {
  const Tombstone& end = *record.tombstone;
  Over over = record.over ? *record.over : Over{};
  // As merging would do it: one that went further before stays, and covers this end too.
  if (end.cancelled) over.cancel = std::max(over.cancel, {end.fenced, end.cancelled, by});
  if (end.evicted) over.eviction = std::max(over.eviction, {end.judged_holder, end.evicted, by});
  record.over = std::make_shared<const Over>(over);
}

std::optional<Status> override_value(const Record& record) {
  return record.override_ ? record.override_->value : std::nullopt;
}

void settle(Record& record) {
  if (!record.over) return;
  const Version end = ended(record);
  const auto before = [&end](const auto& item) { return item.second.version < end; };
  if (record.overlay && std::any_of(record.overlay->begin(), record.overlay->end(), before)) {
    auto left = std::make_shared<Overlay>(*record.overlay);
    std::erase_if(*left, before);
    record.overlay.reset();
    if (!left->empty()) record.overlay = std::move(left);
  }
}

Version newest(const Record& record) {
  Version out = record.holder.version;
  if (record.registration) out = std::max(out, record.registration->version);
  if (record.over) out = std::max({out, record.over->cancel.version, record.over->eviction.version});
  if (record.tombstone) out = std::max(out, record.tombstone->version());
  if (record.override_) out = std::max(out, record.override_->version);
  if (record.overlay)
    for (const auto& [key, entry] : *record.overlay) out = std::max(out, entry.version);
  return out;
}

bool same_writes(const Record& a, const Record& b) {
  const auto versions = [](const Record& record) {
    const Tombstone none;
    const Tombstone& tombstone = record.tombstone ? *record.tombstone : none;
    const Over over = record.over ? *record.over : Over{};
    return std::tuple(record.registration ? record.registration->version : Version{},
                      record.override_ ? record.override_->version : Version{}, record.holder.version,
                      over.cancel.version, over.eviction.version, tombstone.cancelled, tombstone.evicted);
  };
  static const Overlay nothing;
  const Overlay& left = a.overlay ? *a.overlay : nothing;
  const Overlay& right = b.overlay ? *b.overlay : nothing;
  return versions(a) == versions(b) &&
         std::equal(left.begin(), left.end(), right.begin(), right.end(), [](const auto& one, const auto& other) {
           return one.first == other.first && one.second.version == other.second.version;
         });
}

bool same_content(const Record& a, const Record& b) {
  const Registration& left = *a.registration;
  const Registration& right = *b.registration;
  if (left.incarnation != right.incarnation || left.reported != right.reported || !(left.lease == right.lease) ||
      *left.payload != *right.payload)
    return false;
  static const Overlay nothing;
  const Overlay& over_a = a.overlay ? *a.overlay : nothing;
  const Overlay& over_b = b.overlay ? *b.overlay : nothing;
  if (!std::equal(over_a.begin(), over_a.end(), over_b.begin(), over_b.end(), [](const auto& one, const auto& other) {
        return one.first == other.first && one.second.value == other.second.value;
      }))
    return false;
  if (override_value(a) != override_value(b)) return false;
  if (!override_value(a)) return true;
  const Override& set_a = *a.override_;
  const Override& set_b = *b.override_;
  return set_a.reason == set_b.reason && set_a.by == set_b.by && set_a.until_ms == set_b.until_ms;
}

Status visible_status(const Record& record) {
  const Status reported = record.registration->reported;
  switch (reported) {
    case Status::down:
    case Status::starting:
    case Status::unknown:
      return reported;
    case Status::up:
    case Status::out_of_service:
      break;
  }
  return override_value(record).value_or(reported);
}

Record merge(const Record& a, const Record& b) {
  Record merged;
  const bool first = !b.registration || (a.registration && !precedes(*a.registration, *b.registration));
  merged.registration = first ? a.registration : b.registration;
  merged.overlay = merge_overlays(a.overlay, b.overlay);
  merged.override_ = later(a.override_, b.override_);
  merged.holder = a.holder.version < b.holder.version ? b.holder : a.holder;
  merged.tombstone = merge_tombstones(a.tombstone, b.tombstone);
  merged.over = merge_over(a.over, b.over);
  settle(merged);
  return merged;
}

}  // namespace muster::core
