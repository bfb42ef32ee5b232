#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "proto/model/instance.hpp"
#include "proto/model/payload.hpp"
#include "proto/model/version.hpp"

// What nodes know together of one instance, as values: what they say to each other and keep on disk. What it means is
// the core's business.
namespace muster::model {

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
  /// The incarnation; or more, that of an earlier life in sight of which it was accepted all the same (a client whose
  /// clock stepped back). Of two registrations the one of the higher rank wins, then the later one: a write of an
  /// earlier life, however late it was taken, does not hide the life that followed.
  Incarnation rank = 0;
  Payload payload;
  Status reported = Status::up;
  LeaseTerms lease;
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
  std::int64_t until_ms = 0;      ///< 0: as long as the record lives
  bool ends_with_cancel = false;  ///< set by Eureka's PUT status
  /// Of a removal that nobody asked for (its time was up, its instance was cancelled): the write that it ends. It takes
  /// the place of that alone, not of a later one that the node had not heard of. Zero: somebody wrote this.
  Version ends;
};

/// The node that keeps the lease. Written by every accepted registration and every take-over.
struct Holder {
  Version version;
  Origin node;
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

/// The end in sight of which a registration was accepted: a cancel and an eviction, each with the version of the
/// registration that went over it, which is a register of its own. Ends are ordered as a tombstone orders them: who has
/// gone over a later cancel that fences less has not seen this one.
struct Over {
  struct Cancel {
    Incarnation fenced = 0;
    Version cancelled;
    Version version;

    auto operator<=>(const Cancel&) const = default;
  };
  struct Eviction {
    Version judged_holder;
    Version evicted;
    Version version;

    auto operator<=>(const Eviction&) const = default;
  };
  Cancel cancel;
  Eviction eviction;

  bool operator==(const Over&) const = default;
};

/// All that nodes know together of one key. The registers merge independently, the last version wins. Overlay entries
/// of an earlier life are dropped once a registration went over its end. Overlay, override, tombstone and over are
/// rare, so they are pointers; what they point to is immutable and shared.
struct Record {
  std::optional<Registration> registration;
  std::shared_ptr<const Overlay> overlay;
  std::shared_ptr<const Override> override_;
  Holder holder;
  std::shared_ptr<const Tombstone> tombstone;
  std::shared_ptr<const Over> over;
};

/// State of a lease, as its holder sees it. A mark beside content: never part of a hash or an encoding that is shared.
enum class LeaseState : std::uint8_t { ok, late, held };
std::string_view to_string(LeaseState state);

}  // namespace muster::model
