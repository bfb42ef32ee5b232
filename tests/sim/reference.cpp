#include "tests/sim/reference.hpp"

#include <algorithm>
#include <chrono>

namespace muster::sim {
namespace {

using core::Result;
using model::Status;
using namespace std::chrono_literals;

constexpr core::Monotonic retransmission = 60s;

core::Incarnation as_incarnation(std::int64_t dirty_ms) {
  return static_cast<core::Incarnation>(dirty_ms);
}

/// Both numbers, the duration alone, or none: the reference test asks for nothing else.
model::LeaseTerms granted(const model::LeaseRequest& asked, const model::LeaseTerms& defaults) {
  if (!asked.duration_s) return defaults;
  if (!asked.interval_s) return {std::max(*asked.duration_s / 3, 1u), *asked.duration_s};
  return {*asked.interval_s, std::max(*asked.duration_s, 2 * *asked.interval_s)};
}

}  // namespace

Status Row::visible() const {
  if (reported != Status::up && reported != Status::out_of_service) return reported;
  return override_value ? *override_value : reported;
}

Result Reference::carry_out(const core::Command& command, core::Now now) {
  now_ = now;
  return std::visit([this](const auto& each) { return carry_out(each); }, command);
}

void Reference::pass_time(core::Monotonic now) {
  now_.monotonic = now;
  for (Row& row : rows_) {
    if (row.live && now > row.renewed + std::chrono::seconds(row.terms.duration_s)) leave(row, false);
    if (row.override_ends && now > *row.override_ends) {
      row.override_value.reset();
      row.override_ends.reset();
    }
    if (row.remembered && !row.live && now > row.left + settings_.tombstone_retention) {
      row.remembered = row.left_by_cancel = false;
      row.fenced = 0;
    }
  }
}

Row* Reference::find(const core::Key& key) {
  const auto found = std::find_if(rows_.begin(), rows_.end(), [&key](const Row& row) { return row.key == key; });
  return found == rows_.end() ? nullptr : &*found;
}

Row& Reference::row(const core::Key& key) {
  if (Row* found = find(key)) return *found;
  rows_.emplace_back().key = key;
  return rows_.back();
}

Result Reference::gone(const Row* row) const {
  return row != nullptr && row->remembered && row->left_by_cancel ? Result::cancelled : Result::unknown_instance;
}

void Reference::hear_newer(Row& row, std::optional<std::int64_t> dirty_ms) {
  if (!dirty_ms || *dirty_ms <= row.dirty_ms) return;
  row.dirty_ms = *dirty_ms;
  row.dirty_heard = now_.monotonic;
  row.heard = std::max(row.heard, as_incarnation(*dirty_ms));
}

void Reference::leave(Row& row, bool by_cancel) {
  row.live = false;
  row.left = by_cancel ? now_.monotonic : row.renewed + std::chrono::seconds(row.terms.duration_s);
  row.left_by_cancel = by_cancel;
  row.remembered = true;
  row.overlay.clear();
  if (!by_cancel) return;
  row.fenced = std::max({row.fenced, row.heard, row.incarnation});
  row.cancelled_at = now_.monotonic;
  if (row.override_of_eureka) row.override_value.reset(), row.override_ends.reset();
}

Result Reference::carry_out(const core::Register& command) {
  Row& row = this->row(command.key);
  if (row.live) {
    if (command.incarnation && *command.incarnation < row.heard) return Result::ignored_as_late;
    if (command.dirty_ms && *command.dirty_ms < row.dirty_ms && now_.monotonic - row.dirty_heard < retransmission)
      return Result::ignored_as_late;
  } else if (row.fenced > 0) {
    if (command.incarnation && *command.incarnation <= row.fenced) return Result::cancelled;
    if (command.dirty_ms && as_incarnation(*command.dirty_ms) <= row.fenced &&
        now_.monotonic - row.cancelled_at < retransmission)
      return Result::cancelled;
  }
  const model::LeaseTerms terms = granted(command.lease, settings_.lease.defaults);
  const bool equal = row.live && (!command.incarnation || *command.incarnation == row.incarnation) &&
                     row.reported == command.reported && row.terms == terms && row.payload == *command.payload &&
                     (!command.override_ || row.override_value);
  row.renewed = now_.monotonic;
  if (equal) {
    if (command.face == core::Face::eureka) {
      row.dirty_ms = command.dirty_ms.value_or(now_.wall_ms);
      row.dirty_heard = now_.monotonic;
      row.heard = std::max(row.heard, as_incarnation(row.dirty_ms));
    }
    return Result::unchanged;
  }
  const bool was_live = row.live;
  const core::Incarnation before = row.incarnation;
  if (command.incarnation)
    row.incarnation = *command.incarnation;
  else if (command.dirty_ms)
    row.incarnation = as_incarnation(*command.dirty_ms);
  else if (!was_live || command.face == core::Face::eureka)
    row.incarnation = std::max({as_incarnation(now_.wall_ms), row.fenced + 1, row.heard + 1});
  row.heard = was_live && row.incarnation == before ? std::max(row.heard, row.incarnation) : row.incarnation;
  row.dirty_ms =
      command.dirty_ms.value_or(command.incarnation ? static_cast<std::int64_t>(*command.incarnation) : now_.wall_ms);
  row.dirty_heard = now_.monotonic;
  row.payload = *command.payload;
  row.reported = command.reported;
  row.terms = terms;
  row.live = true;
  row.remembered = row.left_by_cancel = false;
  if (command.override_ && !row.override_value) {
    row.override_value = command.override_;
    row.override_of_eureka = true;
    row.override_by.clear();
    row.override_ends.reset();
  }
  return was_live ? Result::ok : Result::created;
}

Result Reference::carry_out(const core::Renew& command) {
  Row* row = find(command.key);
  if (row == nullptr || !row->live) return gone(row);
  if (command.face == core::Face::eureka && row->visible() == Status::unknown) return Result::unknown_status;
  row->renewed = now_.monotonic;
  if (!command.dirty_ms || *command.dirty_ms == row->dirty_ms) return Result::unchanged;
  if (*command.dirty_ms > row->dirty_ms) return Result::client_is_newer;
  const bool long_ago = command.face == core::Face::eureka && now_.monotonic - row->dirty_heard >= retransmission;
  return long_ago ? Result::unknown_instance : Result::client_is_older;
}

Result Reference::carry_out(const core::RenewMany& command) {
  for (const core::Key& key : command.keys) carry_out(core::Renew{key, std::nullopt, core::Face::native});
  return Result::ok;
}

Result Reference::carry_out(const core::Cancel& command) {
  Row* row = find(command.key);
  if (row == nullptr || !row->live) return Result::unknown_instance;
  if (command.incarnation && *command.incarnation < row->heard) return Result::ignored_as_late;
  leave(*row, true);
  return Result::ok;
}

Result Reference::carry_out(const core::SetStatus& command) {
  Row* row = find(command.key);
  if (row == nullptr || !row->live) return gone(row);
  if (command.incarnation && *command.incarnation < row->heard) return Result::ignored_as_late;
  row->renewed = now_.monotonic;
  if (row->reported == command.status) return Result::unchanged;
  row->reported = command.status;
  return Result::ok;
}

Result Reference::carry_out(const core::SetOverride& command) {
  Row* row = find(command.key);
  const bool dormant = row != nullptr && !row->live && row->override_value && command.face == core::Face::native;
  if (row == nullptr || (!row->live && !dormant)) return gone(row);
  hear_newer(*row, command.dirty_ms);
  const bool of_eureka = command.face == core::Face::eureka;
  const bool same = row->live && !command.ttl && row->override_value == command.value && !row->override_ends &&
                    row->override_of_eureka == of_eureka && row->override_by == command.by;
  if (of_eureka) row->renewed = now_.monotonic;
  if (same) return Result::unchanged;
  row->override_value = command.value;
  row->override_of_eureka = of_eureka;
  row->override_by = command.by;
  row->override_ends.reset();
  if (command.ttl) row->override_ends = now_.monotonic + *command.ttl;
  return Result::ok;
}

Result Reference::carry_out(const core::ClearOverride& command) {
  Row* row = find(command.key);
  const bool dormant = row != nullptr && !row->live && row->override_value && command.face == core::Face::native;
  if (row == nullptr || (!row->live && !dormant)) return gone(row);
  hear_newer(*row, command.dirty_ms);
  if (command.face == core::Face::eureka) row->renewed = now_.monotonic;
  if (!row->override_value) return Result::unchanged;
  row->override_value.reset();
  row->override_ends.reset();
  return Result::ok;
}

Result Reference::carry_out(const core::PatchMetadata& command) {
  Row* row = find(command.key);
  if (row == nullptr || !row->live) return gone(row);
  if (command.face == core::Face::eureka) row->renewed = now_.monotonic;
  bool same = true;
  for (const auto& [name, value] : command.changes) {
    const auto [place, fresh] = row->overlay.try_emplace(name, value);
    same = same && !fresh && place->second == value;
    place->second = value;
  }
  return same ? Result::unchanged : Result::ok;
}

Result Reference::carry_out(const core::ReadInstance& command) {
  Row* row = find(command.key);
  return row == nullptr || !row->live ? gone(row) : Result::ok;
}

Result Reference::carry_out(const core::ReleaseHold&) {
  return Result::unknown_hold;
}

}  // namespace muster::sim
