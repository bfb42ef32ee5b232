#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "server/core/catalog.hpp"
#include "server/core/change_log.hpp"
#include "server/core/hybrid_clock.hpp"
#include "server/core/membership.hpp"
#include "server/core/node.hpp"
#include "server/core/outbox.hpp"
#include "server/core/replication.hpp"
#include "server/core/scrub.hpp"
#include "server/core/self_preservation.hpp"
#include "server/core/startup.hpp"
#include "server/core/timer_wheel.hpp"

namespace muster::core {

/// How long after the newer one an older dirty timestamp is taken for a late retransmission; later it is a client whose
/// clock stepped back. The same for a registration of a cancelled incarnation on the Eureka face.
inline constexpr Monotonic retransmission{60'000'000};
/// How often a node that is cut off looks whether it may judge a lease again.
inline constexpr Monotonic isolation_look{1'000'000};
/// A renewal that a peer took in time and passes on with its next round is here so long after it.
inline constexpr Monotonic passing_on{150'000};

/// What handle() does, in five files: node_commands.cpp carries out commands, node_time.cpp what time brings,
/// node_records.cpp adopts what other nodes wrote, node_holders.cpp watches the leases that they hold, and
/// node_peers.cpp speaks with them.
///
/// Two clocks: `now_.monotonic` is the caller's; `running_` leaves out the times in which this node stood still. All
/// that is kept about leases, tombstones and holds is running time, so that a pause extends everything by itself.
class Node::Impl final : public Replication::Store, public Scrub::Store {
 public:
  Impl(Settings settings, Now now, std::uint64_t seed);

  Effects handle(Event event, Now now);
  void reconfigure(const Settings& settings);

  Catalog catalog;
  ChangeLog log;
  SelfPreservation self_preservation;
  Counters counters;
  Outbox outbox;
  Membership membership;
  Replication replication;
  Scrub scrub;
  Startup startup;

  std::uint64_t clock() const { return clock_.last(); }
  DeltaViewPtr delta_view();
  Gauges gauges() const;
  Monotonic running_at(Now now) const { return now.monotonic - paused_; }
  std::vector<DormantOverride> dormant_overrides() const;
  SelfPreservationView self_preservation_view(Now now) const;
  std::optional<std::vector<ServiceChange>> changes(std::string_view service, std::uint64_t revision) const;

  void restore(const KeyedRecord& item);
  void restored(const VersionVector& known, const VersionVector& floors);
#ifdef MUSTER_RULES_CAN_BREAK
  void corrupt(const Key& key);
#endif
  void look_at_startup();
  std::vector<PeerView> peers(Now now) const;

  // Replication::Store
  void adopt(const KeyedRecord& item) override;
  StateCut cut() override;
  void begin_whole_state() override {
    ++whole_states_;
  }
  void adopt_whole(const KeyedRecord& item, const VersionVector& cover) override;
  void end_whole_state(const VersionVector& cover) override;

  // Scrub::Store
  const ContentTree& tree() const override {
    return catalog.tree();
  }
  Mended mend(const KeyedRecord& item) override;
  bool comparable(const model::Origin& peer) const override;
  void compared(const model::Origin& peer, Monotonic since) override;

 private:
  // node_commands.cpp
  Outcome carry_out(const Register& command);
  Outcome carry_out(const Renew& command);
  Outcome carry_out(const RenewMany& command);
  Outcome carry_out(const Cancel& command);
  Outcome carry_out(const SetStatus& command);
  Outcome carry_out(const SetOverride& command);
  Outcome carry_out(const ClearOverride& command);
  Outcome carry_out(const PatchMetadata& command);
  Outcome carry_out(const ReadInstance& command);
  Outcome carry_out(const ReleaseHold& command);
  std::optional<Result> refusal(const Register& command, Slot* slot) const;
  std::optional<std::string> limit_for(const Key& key, const Slot* slot) const;
  bool only_renews(const Register& command, const Slot& slot, const model::LeaseTerms& terms) const;
  Outcome accept(const Register& command, Slot& slot, const model::LeaseTerms& terms);
  Outcome put_override(Slot& slot, std::shared_ptr<Override> override_, Face face,
                       std::optional<std::chrono::seconds> ttl, Cause cause);
  void revive(Slot& slot);
  Result renew(const Key& key, Face face, std::optional<std::int64_t> dirty_ms, std::optional<Incarnation> incarnation);
  Result unknown() const;
  Outcome gone_or_unknown(const Slot* slot) const;
  Outcome answer(Result result, const Slot& slot) const;
  void hear(Slot& slot, Incarnation incarnation, std::int64_t dirty_ms);
  void raise_dirty(Slot& slot, std::optional<std::int64_t> dirty_ms);
  Version next_version(const Record& record);

  // node_records.cpp
  void install(Slot& slot, Record record);
  std::optional<Record> news_of(const Record& record) const;
  void adopt_live(Slot& slot, Record record);
  void adopt_dead(Slot& slot, Record record);
  void adopt_override_end(Slot& slot);
  void replace_quietly(Slot& slot, Record record);

  // node_holders.cpp
  bool holds(const Slot& slot) const {
    return slot.entry->record.holder.node == settings_.origin;
  }
  void watch_holder(Slot& slot);
  void judge_holder(Slot& slot);
  bool passed_on(Slot& slot);
  void take_over(Slot& slot);
  bool heard_in_time(const Slot& slot) const;
  bool defend(const Slot& slot, Record& record);
  void tell_holder(Slot& slot);
  void pass_on_renewals();
  void take_renewals(const Renewals& message);
  void mark(Slot& slot, LeaseState state);
  void tell_marks();
  void tell_all_marks(const model::Origin& peer);
  void take_marks(const model::Origin& peer, const peer::Marks& message);
  void take_mark(Slot& slot, LeaseState state);
  std::string holder_name(const Slot& slot) const;
  bool isolated() const {
    return membership.isolated(settings_.peers, running_);
  }

  // node_peers.cpp
  void hear(const PeerSaid& said);
  void take_beacon(const model::Origin& peer, const peer::Beacon& beacon);
  void peer_up(const PeerUp& up);
  void peer_down(const model::Origin& peer);
  void pass_time_of_peers();
  OwnState own_state() const;
  void await_confirmation(RequestId id, Outcome outcome);
  void take_confirmation(const peer::Taken& message);
  void give_up_confirmations();

  // node_time.cpp
  void tell_time(Now now);
  void pass_time();
  void trim_log();
  void renew_lease(Slot& slot);
  void begin_term(Slot& slot);
  void schedule(Slot& slot);
  Monotonic lease_end(const Slot& slot) const;
  void on_timer(Slot& slot);
  void judge_lease(Slot& slot);
  void apply_holds();
  void evict(Slot& slot, Cause cause);
  void take_out(Slot& slot, const Tombstone& tombstone);
  void end_life(Slot& slot, Record record, Cause cause);
  void keep_dead(Slot& slot, Monotonic span);
  void schedule_tombstone(Slot& slot);
  void end_override(Slot& slot);
  void end_overrides();
  Monotonic dormant_until_max(const Slot& slot) const;
  void drop_dormant_override(Slot& slot);
  void set_override_due(Slot& slot, Monotonic due);
  void forget(Slot& slot);
  void forget_now(Slot& slot);
  void forget_if_empty(Slot& slot);
  void bound_tombstones();

  /// Makes `record` the slot's, tells views, counts, scopes and the change log, and reports a fact.
  void commit(Slot& slot, Record record, Times times, Cause cause, Action action);
  void update_scopes(Slot& slot, const std::string* payload_before);

  Settings settings_;
  HybridClock clock_;
  TimerWheel wheel_;
  Now now_;
  Monotonic running_{0};
  Monotonic paused_{0};
  Monotonic expected_{0};     ///< when we should have been called at the latest, by the caller's clock
  Monotonic settled_{0};      ///< running time from when on this node has heard what it was cut off from
  Monotonic judge_after_{0};  ///< running time before which no lease is judged
  std::uint64_t revision_ = 0;
  std::string by_;  ///< who sent the command that is being carried out
  Effects effects_;
  std::uint32_t whole_states_ = 0;
  std::map<model::Origin, std::vector<std::pair<Key, Monotonic>>> passed_on_;  ///< renewals for their holders, when
  std::map<Key, LeaseState> marks_;                  ///< of leases that this node holds; those that are ok left out
  std::map<Key, LeaseState> marks_to_tell_;          ///< changed since the peers were told
  std::map<model::Origin, std::set<Key>> marks_of_;  ///< what other holders say, likewise
  Monotonic next_marks_{0};
  struct Unconfirmed {
    RequestId id;
    std::uint64_t clock;  ///< of the last write that it made
    Monotonic deadline;
    Outcome outcome;
  };
  std::deque<Unconfirmed> unconfirmed_;  ///< in the order of their clocks and deadlines
  std::map<std::pair<Monotonic, Key>, Slot*> override_dues_;
  std::map<Key, Slot*> dormant_;                           ///< slots with an override but no live record
  std::map<std::pair<Monotonic, Key>, Slot*> tombstones_;  ///< records that do not live, oldest first
};

}  // namespace muster::core
