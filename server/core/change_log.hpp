#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>
#include <vector>

#include "server/core/slot.hpp"

namespace muster::core {

/// One change of content on this node. Numbers are revisions: they grow by one, over all services.
struct Change {
  std::uint64_t revision = 0;
  Monotonic at{0};  ///< running time
  Cause cause = Cause::registered;
  EntryPtr entry;  ///< content after the change; of a removal: what left; null: a later change of it is in the log
  Service* service = nullptr;  ///< lives as long as it has changes here
  ContentHash hash;            ///< of the service, after the change
};

/// The recent changes of all services in their order, bounded in number and age. Deltas for Eureka readers and for
/// watchers are cut from it. Runs on the registry loop.
class ChangeLog {
 public:
  /// Appends; revision and hash come from the slot's service, which must be up to date.
  void append(Slot& slot, Cause cause, EntryPtr entry, Monotonic at, std::uint64_t revision);
  /// Drops what is older than `retention` and, when there are more than `length_max`, first what was overtaken, then
  /// the oldest. Calls `dropped(Service&, const EntryPtr&)` for each change that went: its service and, where it was
  /// the last of its instance (the entry is not null), its slot may have no other reason to stay.
  template <class Dropped>
  void trim(Monotonic now, Monotonic retention, std::size_t length_max, Dropped&& dropped) {
    while (!changes_.empty() && now - changes_.front().at > retention) drop_oldest(dropped);
    if (changes_.size() <= length_max) return;
    drop_overtaken(dropped);
    if (changes_.size() <= length_max - length_max / 4)
      return;  // room for a while, or this would be done at every change
    while (changes_.size() > length_max - length_max / 4) drop_oldest(dropped);
    complete_again_ = now + retention;
  }
  /// Whether all changes of the retention are here: none had to go before its time.
  bool complete(Monotonic now) const { return now >= complete_again_; }

  /// The last change of every instance that changed, oldest first.
  std::vector<EntryPtr> latest() const;
  /// The last change of every instance of one service that changed after `revision`, oldest first; none when the log
  /// does not reach back that far.
  std::optional<std::vector<Change>> since(const Service& service, std::uint64_t revision) const;
  /// The latest revision at which the service had this content hash; none when the log does not know it.
  std::optional<std::uint64_t> revision_of(const Service& service, const ContentHash& hash) const;

  std::size_t size() const { return changes_.size(); }
  bool has(std::uint64_t revision) const { return find(revision) != nullptr; }

 private:
  const Change* find(std::uint64_t revision) const;
  Change* find(std::uint64_t revision);
  Change take_oldest();

  template <class Dropped>
  void drop_oldest(Dropped& dropped) {
    const Change oldest = take_oldest();
    dropped(*oldest.service, oldest.entry);
  }
  template <class Dropped>
  void drop_overtaken(Dropped& dropped) {
    for (Service* service : take_overtaken()) dropped(*service, EntryPtr{});
  }
  /// The services that lost all that they had here, each once.
  std::vector<Service*> take_overtaken();

  std::deque<Change> changes_;  ///< in the order of revisions, some of which may be missing
  std::uint64_t dropped_ = 0;   ///< the last revision that was dropped from the front
  Monotonic complete_again_{0};
};

}  // namespace muster::core
