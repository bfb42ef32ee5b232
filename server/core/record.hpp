#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "proto/model/instance.hpp"
#include "proto/model/payload.hpp"
#include "proto/model/version.hpp"
#include "server/core/time.hpp"

namespace muster::core {

using model::Incarnation;
using model::Status;
using model::Version;

/// Names an instance everywhere. `service` is canonical (lower case), `id` is exact.
struct Key {
  std::string service;
  std::string id;

  auto operator<=>(const Key&) const = default;
};

/// Why an instance left, or why a view changed.
enum class Cause : std::uint8_t {
  registered,
  changed,        ///< registered again with other content, status or metadata set
  drained,        ///< an override was set
  undrained,      ///< an override was removed or ran out
  cancelled,      ///< its owner took it out
  expired,        ///< its lease ran out
  hold_expired,   ///< held by self-preservation until the hold reached its limit
  hold_released,  ///< held by self-preservation until an operator released it
};
std::string_view to_string(Cause cause);

/// What the instance says. Written by every accepted registration.
struct Registration {
  Version version;
  Incarnation incarnation = 0;
  model::Payload payload;
  Status reported = Status::up;
  model::LeaseTerms lease;
  std::int64_t dirty_ms = 0;  ///< Eureka's lastDirtyTimestamp
};

/// Metadata patched from outside, by key: laid over the payload's. A removed key hides the payload's.
struct OverlayEntry {
  Version version;
  std::optional<std::string> value;  ///< none: removed
};
using Overlay = std::map<std::string, OverlayEntry, std::less<>>;

/// What an operator says. A drain is the value OUT_OF_SERVICE. A removed override keeps its version.
struct Override {
  Version version;
  std::optional<Status> value;
  std::string reason;
  std::string by;
  WallMs until_ms = 0;            ///< 0: as long as the record lives
  bool ends_with_cancel = false;  ///< set by Eureka's PUT status
};

/// The node that keeps the lease. Written by every accepted registration and every take-over.
struct Holder {
  Version version;
  model::Origin node;
};

/// Takes a record out: a cancel, an eviction, or both, each a register of its own. It stays with the record when that
/// lives again, for as long as it is kept at all. Of two cancels the one that fences more wins, of two evictions the
/// one that judged the later move; then the later one.
struct Tombstone {
  Version cancelled;       ///< zero: no cancel
  Incarnation fenced = 0;  ///< registrations up to this incarnation are late
  Version evicted;         ///< zero: no eviction
  Cause why = Cause::expired;
  Version judged_holder;  ///< the move that the eviction had seen

  Version version() const { return std::max(cancelled, evicted); }
  Cause cause() const { return cancelled > evicted ? Cause::cancelled : why; }
};

/// The newest tombstone in sight of which a registration was accepted, and the version of that registration.
struct Over {
  Version tombstone;
  Version version;

  auto operator<=>(const Over&) const = default;
};

/// All that nodes know together of one key. The registers merge independently, the last version wins. Overlay entries
/// of an earlier life are dropped once a registration went over its end. Overlay, override and tombstone are rare, so
/// they are pointers; what they point to is immutable and shared.
struct Record {
  std::optional<Registration> registration;
  std::shared_ptr<const Overlay> overlay;
  std::shared_ptr<const Override> override_;
  Holder holder;
  std::shared_ptr<const Tombstone> tombstone;
  Over over;
};

/// A record lives when it has a registration that no tombstone takes out. One that was accepted in sight of a cancel or
/// eviction (`over`) is not taken out by it, nor is one of a later incarnation by a cancel, nor one whose holder moved
/// since by an eviction.
bool is_live(const Record& record);

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
