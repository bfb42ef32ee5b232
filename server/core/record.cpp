#include "server/core/record.hpp"

#include <algorithm>

namespace muster::core {
namespace {

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
  auto merged = std::make_shared<Tombstone>(*later(a, b));
  merged->fenced = std::max(a->fenced, b->fenced);
  merged->judged_holder = std::max(a->judged_holder, b->judged_holder);
  return merged;
}

}  // namespace

std::string_view to_string(Cause cause) {
  switch (cause) {
    case Cause::registered:
      return "registered";
    case Cause::changed:
      return "changed";
    case Cause::drained:
      return "drained";
    case Cause::undrained:
      return "undrained";
    case Cause::cancelled:
      return "cancelled";
    case Cause::expired:
      return "expired";
    case Cause::hold_expired:
      return "hold_expired";
    case Cause::hold_released:
      return "hold_released";
  }
  return "changed";
}

bool is_live(const Record& record) {
  if (!record.registration) return false;
  if (!record.tombstone) return true;
  const Registration& registration = *record.registration;
  const Tombstone& tombstone = *record.tombstone;
  if (registration.over >= tombstone.version) return true;
  return registration.incarnation > tombstone.fenced && record.holder.version > tombstone.judged_holder;
}

std::optional<Status> override_value(const Record& record) {
  return record.override_ ? record.override_->value : std::nullopt;
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
  const bool first = !b.registration || (a.registration && a.registration->version >= b.registration->version);
  merged.registration = first ? a.registration : b.registration;
  merged.overlay = merge_overlays(a.overlay, b.overlay);
  merged.override_ = later(a.override_, b.override_);
  merged.holder = a.holder.version < b.holder.version ? b.holder : a.holder;
  merged.tombstone = merge_tombstones(a.tombstone, b.tombstone);
  return merged;
}

}  // namespace muster::core
