#pragma once

#include <optional>

#include "proto/model/record.hpp"
#include "server/core/time.hpp"

// What a record means: when it lives, and how two copies of it become one.
namespace muster::core {

using model::Cause;
using model::Holder;
using model::Incarnation;
using model::Key;
using model::LeaseState;
using model::Over;
using model::Overlay;
using model::OverlayEntry;
using model::Override;
using model::Record;
using model::Registration;
using model::Status;
using model::to_string;
using model::Tombstone;
using model::Version;

/// A record lives when it has a registration that no tombstone takes out. One that was accepted in sight of a cancel or
/// eviction (`over`) is not taken out by it, nor is one of a later incarnation by a cancel, nor one whose holder moved
/// since by an eviction.
bool is_live(const Record& record);

/// A registration of this version is accepted in sight of the record's tombstone, which does not take it out. What the
/// record has gone over before it, and the other end has not, stays. Precondition: there is a tombstone.
void go_over_end(Record& record, const Version& by);

/// Reported when that is DOWN, STARTING or UNKNOWN; else the override's value if there is one; else reported.
/// Precondition: there is a registration.
Status visible_status(const Record& record);

/// The override's value while it is set.
std::optional<Status> override_value(const Record& record);

/// The last write of any register; zero: there is none.
Version newest(const Record& record);

/// Whether two copies of one record hold the same writes.
bool same_writes(const Record& a, const Record& b);

/// Whether two live copies of one record show readers the same: all that the content hash covers.
bool same_content(const Record& a, const Record& b);

/// Drops what ended with an earlier life. Merging does it too.
void settle(Record& record);

/// Commutative, associative and idempotent.
Record merge(const Record& a, const Record& b);

}  // namespace muster::core
