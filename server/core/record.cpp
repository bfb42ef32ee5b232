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

/// Of two versions of a register the later one; the other where one is missing.
template <class T>
std::shared_ptr<const T> later(const std::shared_ptr<const T>& a, const std::shared_ptr<const T>& b) {
  if (!a || !b) return a ? a : b;
  return a->version < b->version ? b : a;
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

}  // namespace

bool is_live(const Record& record) {
  if (!record.registration) return false;
  if (!record.tombstone) return true;
  const Registration& registration = *record.registration;
  const Tombstone& tombstone = *record.tombstone;
  const bool fenced = record.over.tombstone < tombstone.cancelled && registration.incarnation <= tombstone.fenced;
  const bool judged = record.over.tombstone < tombstone.evicted &&
                      (record.holder.version <= tombstone.judged_holder || !stands(Rule::move_beats_eviction));
  return !fenced && !judged;
}

std::optional<Status> override_value(const Record& record) {
  return record.override_ ? record.override_->value : std::nullopt;
}

void settle(Record& record) {
  const auto ended = [&record](const auto& item) { return item.second.version < record.over.tombstone; };
  if (record.overlay && std::any_of(record.overlay->begin(), record.overlay->end(), ended)) {
    auto left = std::make_shared<Overlay>(*record.overlay);
    std::erase_if(*left, ended);
    record.overlay.reset();
    if (!left->empty()) record.overlay = std::move(left);
  }
}

Version newest(const Record& record) {
  Version out = record.holder.version;
  if (record.registration) out = std::max(out, record.registration->version);
  out = std::max(out, record.over.version);
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
    return std::tuple(record.registration ? record.registration->version : Version{},
                      record.override_ ? record.override_->version : Version{}, record.holder.version,
                      record.over.version, tombstone.cancelled, tombstone.evicted);
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
  merged.over = std::max(a.over, b.over);
  settle(merged);
  return merged;
}

}  // namespace muster::core
