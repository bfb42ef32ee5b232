#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "server/core/content_tree.hpp"
#include "server/core/membership.hpp"
#include "server/core/outbox.hpp"

namespace muster::core {

/// What comparing with a peer came to, the last time.
struct Comparison {
  Monotonic at{0};            ///< running time of its end
  std::size_t differing = 0;  ///< records that were not the same
  std::vector<Key> examples;  ///< some of them, as far as they are known here
};

/// Finds and mends what replication missed, whatever the reason: walks down the digest trees of this node and one peer
/// to the records that differ, and each side merges what the other has. Writes that are on their way show as a few
/// harmless differences, so nothing has to stand still. One run at a time; with each peer in turn, and at once with one
/// that says it knows the same and has other content. Runs on the registry loop; times are running time.
class Scrub {
 public:
  class Store {
   public:
    virtual const ContentTree& tree() const = 0;
    struct Mended {
      bool here = false;                      ///< it was more than what was here
      std::optional<peer::KeyedRecord> more;  ///< what came of it, where that is more than what came
    };
    /// Merges it with what is here.
    virtual Mended mend(const peer::KeyedRecord& item) = 0;
    /// Whether comparing with this peer makes sense now: both have a whole state, and it knows of every delete that was
    /// forgotten here.
    virtual bool comparable(const model::Origin& peer) const = 0;
    /// All of its records have been compared, as they were after `since`.
    virtual void compared(const model::Origin& peer, Monotonic since) = 0;

   protected:
    ~Store() = default;
  };

  Scrub(Store& store, Outbox& outbox, const Membership& membership)
      : store_(store), outbox_(outbox), membership_(membership) {}

  /// There is reason to compare with this peer soon.
  void want(const model::Origin& peer) { wanted_.insert(peer); }
  void pass_time(Monotonic now);
  void down(const model::Origin& peer);

  void receive(const model::Origin& peer, const peer::DigestAsk& message);
  void receive(const model::Origin& peer, const peer::Digests& message, Monotonic now);
  void receive(const model::Origin& peer, const peer::LeafDigests& message, Monotonic now);
  void receive(const model::Origin& peer, const peer::Mend& message);

  const std::map<model::Origin, Comparison>& last() const { return last_; }
  /// Records that came from a peer and were more than what was here, since start.
  std::uint64_t mended() const { return mended_; }
  std::uint64_t runs() const { return runs_; }
  bool running() const { return run_.has_value(); }

 private:
  struct Place {
    std::uint8_t level;
    std::uint32_t number;
  };
  struct Run {
    model::Origin peer;
    std::uint64_t id = 0;
    Monotonic began{0};
    Monotonic progress{0};
    std::deque<Place> open;  ///< places that differ and were not asked for yet, deepest first
    Comparison found;
    peer::Mend mend;  ///< being gathered
    std::size_t mend_bytes = 0;
  };

  void begin(const model::Origin& peer, Monotonic now);
  void go_on(Monotonic now);
  bool is_answer(const model::Origin& peer, std::uint64_t id) const;
  void compare_leaf(std::uint32_t place, const std::map<std::uint64_t, std::uint64_t>& theirs);
  void found(const Slot& slot);
  void flush();

  Store& store_;
  Outbox& outbox_;
  const Membership& membership_;
  std::optional<Run> run_;
  std::set<model::Origin> wanted_;
  std::map<model::Origin, Comparison> last_;
  model::Origin previous_;
  Monotonic next_{0};
  std::uint64_t runs_ = 0;
  std::uint64_t mended_ = 0;
};

}  // namespace muster::core
