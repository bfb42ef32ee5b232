#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "proto/peer/message.hpp"
#include "server/core/outbox.hpp"
#include "server/core/time.hpp"

namespace muster::core {

/// What a node tells of itself in its beacons.
struct OwnState {
  const model::VersionVector& known;
  std::uint64_t content = 0;  ///< root of the digest tree
  peer::HeldLeases held;
  bool ready = false;
};

/// The other nodes: which are heard, on any path, and what each is known to know. Beacons go out twice a second on
/// every link; each passes on the newest ticks that its sender heard of others, so that a node counts as heard while
/// any node that we hear hears it. Runs on the registry loop; times are running time.
class Membership {
 public:
  static constexpr Monotonic beacon_period{500'000};
  /// A node of which nothing came for so long, on no path, is silent.
  static constexpr Monotonic silence_max{2'000'000};
  /// Without a beacon on its link for so long, what others hear of a node counts.
  static constexpr Monotonic direct_max{750'000};
  /// A node that has been away for longer is not waited for: when it comes back it gets the whole state.
  static constexpr Monotonic member_memory{std::chrono::hours(24)};
  /// The same for one without a data directory, of which every start leaves one behind.
  static constexpr Monotonic passing_member_memory{std::chrono::hours(1)};
  /// So long a node that may have been replaced keeps its place.
  static constexpr Monotonic replaced_after{60'000'000};

  struct Member {
    model::Origin origin;  ///< its latest boot
    bool lasting = true;   ///< it has a data directory: when it comes back it is the same node
    bool linked = false;
    bool ready = false;
    bool understood = false;      ///< `said` is the whole of what it knew at its last beacon
    model::VersionVector said;    ///< what it knew at its last beacons
    model::VersionVector before;  ///< and at the one before that
    std::uint64_t content = 0;
    peer::HeldLeases held;
    std::uint64_t tick = 0;  ///< the newest heard, on any path
    Monotonic heard{0};      ///< when that came
    Monotonic confirmed{0};  ///< when last a beacon of it renewed what it holds
    unsigned unmatched = 0;  ///< beacons in a row whose leases were not those that are known here
    unsigned unlike = 0;     ///< beacons in a row that knew the same and had other content
  };

  Membership(model::Origin self, Outbox& outbox) : self_(self), outbox_(outbox) {}

  void up(const model::Origin& peer, bool lasting, Monotonic now);
  void down(const model::Origin& peer);
  /// Takes over what a beacon says of its sender; null when it comes from no link. Relayed ticks are taken as well.
  Member* take(const model::Origin& peer, const peer::Beacon& beacon, Monotonic now);
  /// What this peer holds has been compared, as it was at `since`: that renews it as a beacon does.
  void confirm(const model::Origin& peer, Monotonic since);
  /// Sends beacons when they are due, and forgets members that were replaced: those that are silent although all of
  /// `expected` others are linked, and those that could not come back.
  void pass_time(const OwnState& own, std::size_t expected, Monotonic now);
  /// Sends one at once, with everything in it.
  void greet(const model::Origin& peer, const OwnState& own, Monotonic now);

  bool linked(const model::Origin& peer) const { return links_.contains(peer); }
  bool any_linked() const { return !links_.empty(); }
  std::size_t linked() const { return links_.size(); }
  const Member* find(const model::Origin& peer) const;  ///< null: another boot of it is the latest
  const std::map<std::uint64_t, Member>& members() const { return members_; }
  /// When a beacon of this very boot last renewed what it holds. Zero: never.
  Monotonic confirmed(const model::Origin& holder) const;
  /// Whether anything of this node, whatever its boot, came lately.
  bool hears(std::uint64_t node, Monotonic now) const;
  /// Hears less than half of the `expected` other nodes.
  bool isolated(std::size_t expected, Monotonic now) const;

 private:
  struct Link {
    model::VersionVector told;  ///< with the beacons so far
    bool tell_all = true;       ///< the next one says everything
    bool missed = false;        ///< ours to ask for everything
    std::uint64_t tick = 0;     ///< of the last beacon that came on it
    Monotonic heard{0};         ///< when that was
  };

  peer::Beacon beacon(const model::Origin& to, Link& link, const OwnState& own, Monotonic now) const;
  Member& member(const model::Origin& origin);
  void hear_relayed(const model::Origin& origin, std::uint64_t tick, Monotonic now);

  model::Origin self_;
  Outbox& outbox_;
  std::map<model::Origin, Link> links_;
  std::map<std::uint64_t, Member> members_;  ///< by node; they outlive their links
  std::uint64_t tick_ = 0;
  Monotonic next_beacon_{0};
};

}  // namespace muster::core
