#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "proto/peer/message.hpp"
#include "server/core/membership.hpp"
#include "server/core/outbox.hpp"
#include "server/core/view.hpp"

namespace muster::core {

using model::VersionVector;
using peer::Changes;
using peer::ChunkTaken;
using peer::KeyedRecord;
using peer::Pull;
using peer::Renewals;
using peer::StateChunk;

/// What one message carries at most in payloads, single records apart: links take messages of some megabytes.
inline constexpr std::size_t message_bytes_max = 512 * 1024;
/// Bytes of a record on a link, about.
std::size_t bytes_of(const Record& record);

/// The registers of a record that `known` does not cover; none when it covers all.
std::optional<Record> lacking(const Record& record, const VersionVector& known);

/// What is left of `record` once a peer that knew `cover` has shown all that it has of it, `theirs`; none when nothing
/// is.
std::optional<Record> still_there(const Record& record, const Record& theirs, const VersionVector& cover);

/// Everything that a node has at one moment. Immutable, so that a long transfer needs no lock and sees no change.
struct StateCut {
  RegistryViewPtr live;
  std::vector<EntryPtr> dead;  ///< records that do not live: tombstones, dormant overrides
};

/// How writes reach the other nodes: pushed when they are made, pulled when one went missing.
///
/// Each origin's writes form one sequence, chained by their clocks. A receiver takes only what follows on what it
/// knows; over a gap it keeps what came and pulls what it lacks from whoever has it. There is no log to pull from: a
/// pull is answered out of the state, by the registers that the asker's version vector does not cover.
///
/// Deletes stay deleted by three rules, register by register. What is known and yet not here was deleted, and is not
/// taken back. What was forgotten for good raises the floors; a peer that knows less than these gets the whole state.
/// And where the whole state was sent, whatever the sender knew of and did not send is dropped. (Scuttlebutt's version
/// vectors, van Renesse et al. 2008; the rules are those of Riak's and Cassandra's troubles.)
class Replication {
 public:
  /// The registry, as far as this needs it.
  class Store {
   public:
    /// Merges it with what is here.
    virtual void adopt(const KeyedRecord& item) = 0;
    virtual StateCut cut() = 0;
    /// The whole state of a peer that knew `cover` begins to come.
    virtual void begin_whole_state() = 0;
    /// Part of it: what is here of this record is kept as far as the peer has it too, or cannot know of it.
    virtual void adopt_whole(const KeyedRecord& item, const VersionVector& cover) = 0;
    /// It has come: of records that were not part of it only what the peer cannot know of is kept.
    virtual void end_whole_state(const VersionVector& cover) = 0;

   protected:
    ~Store() = default;
  };
  /// What is given outlives this.
  Replication(model::Origin self, Store& store, Outbox& outbox, const Membership& membership, Monotonic now)
      : self_(self), store_(store), outbox_(outbox), membership_(membership), began_(now) {}

  /// Called after the membership knows.
  void up(const model::Origin& peer, Monotonic now);
  void down(const model::Origin& peer);
  void receive(const model::Origin& peer, Changes message, Monotonic now);
  void receive(const model::Origin& peer, const Pull& message);
  void receive(const model::Origin& peer, StateChunk message, Monotonic now);
  void receive(const model::Origin& peer, const ChunkTaken& message);
  /// A beacon of it was taken: pulls what went missing.
  void compare(const Membership::Member& peer, Monotonic now);
  /// Gives up a pull of which nothing comes, and gaps that nobody can fill.
  void pass_time(Monotonic now);

  /// A record has changed: what this node wrote of it goes to all peers. Called after every write of its own.
  void written(const Entry& entry);
  /// A record was forgotten: its deletion is not known here any more.
  void forgot(const Record& record);
  /// Every peer knows this record's deletion, or has been away for too long to wait for. Of `peers` that there are,
  /// those that this boot has not met yet do not know.
  bool may_forget(const Record& record, std::size_t peers, Monotonic now) const;

  const VersionVector& known() const { return known_; }
  const VersionVector& floors() const { return floors_; }
  /// Everything that this peer had when its link came up is here.
  bool merged(const model::Origin& peer) const;
  /// The clock of the last own write that went to the peers.
  std::uint64_t written_until() const { return written_; }
  std::size_t waiting() const;  ///< changes that came over gaps
  /// What a snapshot of an earlier boot knew.
  void restore(const VersionVector& known, const VersionVector& floors);

 private:
  /// What is being sent to a peer.
  struct Transfer {
    std::uint64_t pull = 0;
    std::uint64_t next_index = 0;
    VersionVector asked;
    StateCut cut;
    std::optional<StateChunk::Head> head;  ///< until it was sent
    std::size_t segment = 0;               ///< place in cut.live
    std::size_t entry = 0;                 ///< and in the segment
    std::size_t dead = 0;                  ///< place in cut.dead
  };
  /// What was asked for, of one peer at a time: two whole states at once could not tell what either lacks.
  struct Asked {
    model::Origin peer;
    std::uint64_t pull = 0;
    std::uint64_t next_index = 0;
    Monotonic progress{0};
    StateChunk::Head head;                      ///< once the first chunk came
    std::map<std::uint64_t, StateChunk> early;  ///< that overtook others, by index
  };
  void take_chunk(const model::Origin& peer, const StateChunk& chunk, Monotonic now);
  void pull_from(const model::Origin& peer, Monotonic now);
  void send_chunk(const model::Origin& peer);
  bool take(const Changes& changes);
  void wait_for_gap(Changes changes, Monotonic now);
  void take_waiting();

  model::Origin self_;
  Store& store_;
  Outbox& outbox_;
  const Membership& membership_;
  VersionVector known_;
  VersionVector floors_;
  Monotonic began_;
  std::uint64_t written_ = 0;  ///< clock of the last own write
  std::uint64_t pulls_ = 0;
  std::optional<Asked> asked_;
  std::map<model::Origin, Monotonic> patience_;  ///< with those that let a pull wait
  std::set<model::Origin> merged_;
  std::map<model::Origin, Transfer> transfers_;  ///< by the peer that they go to
  struct Waiting {
    std::deque<Changes> changes;  ///< oldest first
    Monotonic since{0};
  };
  std::map<model::Origin, Waiting> waiting_;  ///< over gaps
};

}  // namespace muster::core
