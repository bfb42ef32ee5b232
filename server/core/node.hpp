#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "proto/peer/message.hpp"
#include "server/core/command.hpp"
#include "server/core/replication.hpp"
#include "server/core/scrub.hpp"
#include "server/core/settings.hpp"
#include "server/core/startup.hpp"
#include "server/core/time.hpp"
#include "server/core/view.hpp"

namespace muster::core {

using RequestId = std::uint64_t;

/// A command to carry out; answered by one Reply with the same id.
struct Request {
  RequestId id = 0;
  CallerPtr caller;
  Command command;
  /// The reply waits until a peer has it, for confirmation_patience at most: Outcome::nodes says what came of it.
  bool confirm = false;
};

inline constexpr Monotonic confirmation_patience{200'000};

/// The wake-up that Effects::wake_up asked for, or an earlier one.
struct Timer {};

/// A link to this boot of a peer stands. Comes before anything that the peer says, and again when it was lost
/// meanwhile.
struct PeerUp {
  model::Origin peer;
  bool lasting = true;  ///< it has a data directory: restarted it is the same node
};
/// The link is gone; what was under way is lost.
struct PeerDown {
  model::Origin peer;
};
struct PeerSaid {
  model::Origin peer;
  peer::Message message;
};

using Event = std::variant<Request, Timer, PeerUp, PeerDown, PeerSaid>;

struct Reply {
  RequestId id = 0;
  Outcome outcome;
};

/// Something that happened, for the log, the metrics and the event file. The core itself logs nothing.
struct Fact {
  Cause cause = Cause::registered;
  Key key;
  std::string by;  ///< caller's address or identity; empty for the node itself
};

/// A hold that began, or ended.
struct HoldFact {
  Hold hold;
  bool began = true;
};

struct Effects {
  std::vector<Reply> replies;
  std::vector<Fact> facts;
  std::vector<HoldFact> holds;
  /// To peers whose link stands, in this order for each.
  std::vector<Outgoing> messages;
  /// When to send the next Timer at the latest; replaces earlier wishes. Always set.
  Monotonic wake_up{0};
};

/// Counts since start, for /metrics.
struct Counters {
  std::uint64_t registrations = 0;  ///< accepted, equal ones included
  std::uint64_t renewals = 0;
  std::uint64_t renewals_unknown = 0;
  std::uint64_t cancels = 0;
  std::uint64_t mended = 0;    ///< records that a comparison with a peer brought
  std::uint64_t scrubs = 0;    ///< comparisons begun
  std::uint64_t defended = 0;  ///< evictions by another node of what renews here
  std::uint64_t pauses = 0;    ///< times the node itself stood still and its leases were extended
};

struct Gauges {
  std::size_t instances = 0;
  std::size_t services = 0;
  std::size_t late = 0;
  std::size_t held = 0;
  std::size_t tombstones = 0;
  std::size_t dormant_overrides = 0;
  std::size_t changes = 0;
  std::size_t waiting_changes = 0;  ///< of other nodes, over gaps
  std::size_t unconfirmed = 0;      ///< replies that wait for a peer
  bool isolated = false;            ///< hears less than half of the others, and evicts nothing
};

/// What is known of another node, for people and metrics. Times are spans until now.
struct PeerView {
  model::Origin origin;
  bool lasting = true;
  bool linked = false;
  bool heard = false;  ///< on any path, lately
  bool ready = false;
  bool merged = false;        ///< all that it had when its link came up is here
  bool equal = false;         ///< at its last beacon it knew the same and had the same content
  std::uint64_t lacks = 0;    ///< origins of which it knew less than this node at its last beacon
  std::uint64_t lacking = 0;  ///< origins of which this node knows less
  std::uint64_t holds = 0;    ///< leases that it says it holds
  Monotonic last_heard{0};
  std::optional<Comparison> comparison;  ///< the last one; its `at` is a span until now
};

/// All that a node keeps on disk: what it has and knows at one moment. Immutable; safe on any thread.
struct Snapshot {
  StateCut state;
  model::VersionVector known;
  model::VersionVector floors;
};

/// The last change of an instance, for watchers of its service.
struct ServiceChange {
  std::uint64_t revision = 0;
  Cause cause = Cause::registered;
  EntryPtr entry;    ///< after the change; of a removal: what left
  ContentHash hash;  ///< of the service after the change
};

/// The registry of one node: a pure machine. It does no I/O, reads no clock, starts no thread and logs nothing; what
/// the daemon runs is what the simulator runs. Lives on the registry loop: no member may be called from elsewhere, but
/// the views that it hands out may go anywhere.
///
/// Time that passes while nobody calls handle() although a wake-up was due is a pause of the node: leases are extended
/// by it, and no lease is judged before renewals that waited meanwhile had a chance to arrive.
class Node {
 public:
  Node(Settings settings, Now now, std::uint64_t seed);
  ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  Effects handle(Event event, Now now);

  /// Views show every write that handle() has carried out. Unchanged parts are shared with earlier views.
  ServiceViewPtr service(std::string_view name);  ///< null: no live instance of it
  RegistryViewPtr registry();
  ServicesViewPtr services();
  DeltaViewPtr delta();
  /// The services in which a live instance lists this VIP address, in order of names: see pick_vip().
  std::vector<ServiceViewPtr> services_of_vip(std::string_view name, bool secure);
  /// What changed in a service after `revision`: one item an instance, its last change, oldest first. None when the
  /// history does not reach back that far, or the service is not known: the reader takes the whole view instead.
  std::optional<std::vector<ServiceChange>> changes(std::string_view service, std::uint64_t revision) const;
  /// The latest revision with this content: finds the place of a reader that comes from another node.
  std::optional<std::uint64_t> revision_of(std::string_view service, const ContentHash& hash) const;
  SelfPreservationView self_preservation(Now now) const;
  std::vector<DormantOverride> dormant_overrides() const;

  /// What this node knows of all nodes' writes, and all records that it keeps.
  const VersionVector& known() const;
  Snapshot snapshot();
  /// The clock of the latest version that this node has given or heard: what Settings::clock_mark is to stay ahead of.
  std::uint64_t clock() const;
  /// Takes in records of a snapshot, before the first event; then restored() what it knew. Leases get a full term.
  void restore(const KeyedRecord& item);
  void restored(const VersionVector& known, const VersionVector& floors);
#ifdef MUSTER_RULES_CAN_BREAK
  /// Damages the record as no write would, for the tests of what finds and mends it.
  void corrupt(const Key& key);
#endif

  NodeState state() const;
  std::vector<PeerView> peers(Now now) const;
  std::uint64_t content_root() const;

  Counters counters() const;
  Gauges gauges() const;

  /// Takes over what may change while running: lease defaults, self-preservation, limits, retentions. Not the origin.
  void reconfigure(const Settings& settings);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace muster::core
