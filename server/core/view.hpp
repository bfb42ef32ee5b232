#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "server/core/record.hpp"
#include "server/core/time.hpp"

// What readers see. Everything here is immutable once handed out, shared, and safe on any thread; the bodies attached
// to it are filled in lazily by whoever encodes them first.
namespace muster::core {

/// Eureka's actionType: what the last change did.
enum class Action : std::uint8_t { added, modified, deleted };

/// This node's own clock readings about an instance; not replicated.
struct Times {
  WallMs registered_ms = 0;  ///< when the present lease began
  WallMs renewed_ms = 0;     ///< last renewal when the entry was made; the live value is in InstanceState
  WallMs up_since_ms = 0;    ///< first time seen UP; 0: never
  WallMs updated_ms = 0;     ///< last change of content
  WallMs evicted_ms = 0;     ///< when it left; 0 while it lives
};

/// One instance at one moment.
struct Entry {
  std::shared_ptr<const std::string> service;  ///< canonical name, shared by all its instances
  std::string id;
  Record record;
  Times times;
  Status visible = Status::up;
  Action action = Action::added;
};
using EntryPtr = std::shared_ptr<const Entry>;

/// 128 bits over key, incarnation, payload, overlay, visible status and override of every live instance: equal on all
/// nodes exactly when content is equal. A sum over the members, so it changes in O(1).
struct ContentHash {
  std::uint64_t low = 0;
  std::uint64_t high = 0;

  bool operator==(const ContentHash&) const = default;
  ContentHash& operator+=(const ContentHash& other);
  ContentHash& operator-=(const ContentHash& other);
  std::string hex() const;  ///< 32 hexadecimal digits
};

/// Live instances by visible status, indexed by the Status enum.
using StatusCounts = std::array<std::size_t, model::status_count>;

/// Encoded bodies attached to an immutable view. Any thread may fill a slot; the first value put stays.
/// The core does not know what they hold: `server/api` numbers the slots.
class Bodies {
 public:
  static constexpr std::size_t slots = 8;
  using Value = std::shared_ptr<const void>;

  Value find(std::size_t slot) const;
  /// Returns what the slot holds now: `value`, or an earlier one.
  Value put(std::size_t slot, Value value) const;

 private:
  mutable std::mutex mutex_;
  mutable std::array<Value, slots> values_;
};

/// A run of at most `instances_max` neighbours in the order (service, id); the unit of encoding and of sharing between
/// generations of a full body. Runs may begin and end inside a service.
struct Segment {
  static constexpr std::size_t instances_max = 256;

  std::vector<EntryPtr> entries;  ///< never empty
  Bodies bodies;
};
using SegmentPtr = std::shared_ptr<const Segment>;

/// Part of a segment.
struct Slice {
  SegmentPtr segment;
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// One service. `revision` grows with every change of content on this node; `hash` is the same on every node.
struct ServiceView {
  std::string name;
  std::uint64_t revision = 0;
  std::uint64_t marks_revision = 0;  ///< grows with every change of a mark
  ContentHash hash;
  std::vector<Slice> slices;
  std::size_t size = 0;
  StatusCounts counts{};
  std::map<std::string, LeaseState, std::less<>> marks;  ///< by instance id; instances not listed are ok
  Bodies bodies;

  template <class F>
  void for_each(F&& f) const {
    for (const Slice& slice : slices)
      for (std::size_t i = slice.begin; i < slice.end; ++i) f(slice.segment->entries[i]);
  }
};
using ServiceViewPtr = std::shared_ptr<const ServiceView>;

struct ServiceSummary {
  std::shared_ptr<const std::string> name;
  std::uint64_t revision = 0;
  ContentHash hash;
  std::size_t size = 0;
  StatusCounts counts{};
};

/// Everything that lives on this node. `revision` grows with every change of content.
struct RegistryView {
  std::uint64_t revision = 0;
  ContentHash hash;
  std::vector<SegmentPtr> segments;  ///< in order; together all live instances
  std::size_t size = 0;
  StatusCounts counts{};
};
using RegistryViewPtr = std::shared_ptr<const RegistryView>;

/// The services with live instances, and some without any more. Their summaries lie in groups, which views share until
/// they change, so that a view costs O(groups) to make and not O(services).
struct ServicesView {
  using Group = std::shared_ptr<const std::vector<ServiceSummary>>;

  RegistryViewPtr registry;  ///< of the same moment
  std::vector<Group> groups;
  std::size_t size = 0;  ///< number of services with live instances
};
using ServicesViewPtr = std::shared_ptr<const ServicesView>;

/// Summaries of services with live instances, in order of names. Any thread; O(n log n).
std::vector<ServiceSummary> in_order(const ServicesView& view);

/// What changed within the retention, one item an instance (its present content, its last action), oldest change first.
/// Taken from the same state as `registry`, whose counts make the Eureka hash.
struct DeltaView {
  RegistryViewPtr registry;
  std::vector<EntryPtr> entries;
};
using DeltaViewPtr = std::shared_ptr<const DeltaView>;

/// Instances picked out by something else than their service.
using ListView = std::vector<EntryPtr>;

/// Those of `services` whose VIP list (split at commas, not trimmed, as Eureka does it) has this very name. Any thread;
/// O(instances).
ListView pick_vip(const std::vector<ServiceViewPtr>& services, std::string_view name, bool secure);
/// The first instance with this id, in order of services; null: there is none. Any thread; O(instances).
EntryPtr find_id(const RegistryView& registry, std::string_view id);

/// One instance with what changes without a change of content.
struct InstanceState {
  EntryPtr entry;  ///< null: there is none
  LeaseState lease = LeaseState::ok;
  WallMs renewed_ms = 0;      ///< last renewal
  WallMs expires_ms = 0;      ///< when the lease ends unless renewed (by the wall clock of now)
  std::int64_t dirty_ms = 0;  ///< the newest dirty timestamp heard
};

/// What self-preservation judges: leases that fail together within one of these.
enum class ScopeKind : std::uint8_t { service, subnet, zone, all, holder };
inline constexpr std::array scope_kinds{ScopeKind::service, ScopeKind::subnet, ScopeKind::zone, ScopeKind::all,
                                        ScopeKind::holder};
std::string_view to_string(ScopeKind kind);

/// A scope that is held, for GET /v1/self-preservation and the log.
struct Hold {
  ScopeKind kind = ScopeKind::all;
  std::string name;    ///< service name, subnet in CIDR form, zone; empty for all
  std::string reason;  ///< a sentence
  WallMs since_ms = 0;
  WallMs until_ms = 0;        ///< when it ends at the latest and evicts what it holds
  bool ending = false;        ///< reached its limit or was released: evicting now, paced
  std::size_t instances = 0;  ///< in the scope
  std::size_t failing = 0;    ///< late, or evicted less than one lease ago
  std::vector<Key> held;      ///< the first 100 of those held
  std::size_t held_count = 0;
};

struct SelfPreservationView {
  bool enabled = true;
  std::vector<Hold> holds;
};

/// Overrides without a live record, for operators.
struct DormantOverride {
  Key key;
  std::shared_ptr<const Override> override_;
};

}  // namespace muster::core
