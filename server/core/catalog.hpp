#pragma once

#include <array>
#include <boost/unordered/unordered_flat_set.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "server/core/change_log.hpp"
#include "server/core/content_tree.hpp"
#include "server/core/ordered_leaves.hpp"
#include "server/core/slot.hpp"

namespace muster::core {

/// Every slot and service of the node, in the orders in which they are looked for, and the views made of them.
/// Knows content; knows nothing of leases and time. Runs on the registry loop.
class Catalog {
 public:
  /// `seed` keys the hash table, so that strangers cannot choose ids that collide.
  explicit Catalog(std::uint64_t seed);

  Slot* find(std::string_view service, std::string_view id);
  const Service* find_service(std::string_view name) const;
  bool knows_service(std::string_view name) const { return find_service(name) != nullptr; }
  /// Finds or makes an empty slot.
  Slot& slot(const Key& key);
  /// Slots, live or not, for which this holds; by key.
  std::vector<Slot*> slots_where(const std::function<bool(const Slot&)>& wanted);
  /// Takes a slot out that is not live. The service goes with its last slot and change.
  void forget(Slot& slot);
  void drop_if_unused(Service& service);

  /// Replaces the entry of a slot, live or not, and keeps counts, hashes, order and views in step.
  void replace(Slot& slot, EntryPtr entry, bool live);
  /// Content was replaced: the service's views are of revision `revision` now.
  void changed(Service& service, std::uint64_t revision);
  void mark(Slot& slot, LeaseState state);

  ServiceViewPtr service_view(std::string_view name);
  RegistryViewPtr registry_view();
  ServicesViewPtr services_view();
  DeltaViewPtr delta_view(std::vector<EntryPtr> changed);
  std::vector<ServiceViewPtr> services_of_vip(std::string_view name, bool secure);

  const ContentTree& tree() const { return tree_; }
  std::size_t live() const { return live_; }
  /// Services that are kept, with or without a live instance; what a limit has to bound.
  std::size_t services() const { return services_.size(); }
  std::size_t live_services() const { return live_services_; }
  /// Marked instances, whoever holds them.
  std::size_t late() const { return marked_[static_cast<std::size_t>(LeaseState::late)]; }
  std::size_t held() const { return marked_[static_cast<std::size_t>(LeaseState::held)]; }

 private:
  /// What is looked for, hashed once.
  struct Wanted {
    std::size_t hash;
    std::string_view service, id;
  };
  /// The hash lies beside the pointer: growing to a million reads one array, not a million slots, and so does not
  /// stop the loop for long.
  struct Place {
    std::size_t hash;
    std::unique_ptr<Slot> slot;
  };
  struct Hash {
    using is_transparent = void;
    using is_avalanching = void;
    std::size_t operator()(const Place& place) const { return place.hash; }
    std::size_t operator()(const Wanted& wanted) const { return wanted.hash; }
  };
  struct Equal {
    using is_transparent = void;
    bool operator()(const Place& a, const Place& b) const { return a.slot == b.slot; }
    bool operator()(const Wanted& a, const Place& b) const;
    bool operator()(const Place& a, const Wanted& b) const { return (*this)(b, a); }
  };

  /// Services, each with its summary at the same place. Summaries are changed where they lie, and copied first when a
  /// view has them.
  struct SummaryGroup {
    std::vector<Service*> services;
    std::shared_ptr<std::vector<ServiceSummary>> summaries = std::make_shared<std::vector<ServiceSummary>>();
    bool in_view = false;
  };

  Wanted wanted(std::string_view service, std::string_view id) const;
  static std::vector<ServiceSummary>& own_summaries(SummaryGroup& group);
  void summarise(const Service& service);
  void count_in(Slot& slot);
  void count_out(Slot& slot);
  void index_vips(Service& service, const Entry& entry, bool add);

  std::uint64_t seed_;
  boost::unordered_flat_set<Place, Hash, Equal> slots_;
  std::map<std::string, std::unique_ptr<Service>, std::less<>> services_;
  std::map<std::string, std::map<std::string_view, Service*>, std::less<>> vips_, secure_vips_;
  std::array<SummaryGroup, 512> groups_;  ///< of 100,000 services some 200 each
  OrderedLeaves leaves_;
  ContentTree tree_;
  RegistryViewPtr registry_;       ///< null: to be made anew
  ServicesViewPtr services_view_;  ///< null: to be made anew
  ContentHash hash_;
  StatusCounts counts_{};
  std::uint64_t revision_ = 0;
  std::size_t live_ = 0;
  std::size_t live_services_ = 0;
  std::array<std::size_t, 3> marked_{};  ///< by state; that of ok is not kept
};

}  // namespace muster::core
