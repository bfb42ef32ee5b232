#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "server/core/catalog.hpp"
#include "server/core/change_log.hpp"
#include "server/core/hybrid_clock.hpp"
#include "server/core/node.hpp"
#include "server/core/replication.hpp"
#include "server/core/self_preservation.hpp"
#include "server/core/timer_wheel.hpp"

namespace muster::core {

/// What handle() does, in three files: node_commands.cpp carries out commands, node_time.cpp what time brings,
/// node_peers.cpp what other nodes wrote.
///
/// Two clocks: `now_.monotonic` is the caller's; `running_` leaves out the times in which this node stood still. All
/// that is kept about leases, tombstones and holds is running time, so that a pause extends everything by itself.
class Node::Impl final : public Replication::Store {
 public:
  Impl(Settings settings, Now now, std::uint64_t seed);

  Effects handle(Event event, Now now);
  void reconfigure(const Settings& settings);

  Catalog catalog;
  ChangeLog log;
  SelfPreservation self_preservation;
  Counters counters;
  Replication replication;

  DeltaViewPtr delta_view();
  Gauges gauges() const;
  Monotonic running_at(Now now) const { return now.monotonic - paused_; }
  std::vector<DormantOverride> dormant_overrides() const;
  SelfPreservationView self_preservation_view(Now now) const;
  std::optional<std::vector<ServiceChange>> changes(std::string_view service, std::uint64_t revision) const;

  // Replication::Store
  void adopt(const KeyedRecord& item) override;
  StateCut cut() override;
  void begin_whole_state() override { ++whole_states_; }
  void adopt_whole(const KeyedRecord& item, const VersionVector& cover) override;
  void end_whole_state(const VersionVector& cover) override;

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
  Result renew(const Key& key, Face face, std::optional<std::int64_t> dirty_ms);
  Outcome gone_or_unknown(const Slot* slot) const;
  Outcome answer(Result result, const Slot& slot) const;
  void hear(Slot& slot, Incarnation incarnation, std::int64_t dirty_ms);
  void raise_dirty(Slot& slot, std::optional<std::int64_t> dirty_ms);
  Version next_version(const Record& record);

  // node_peers.cpp
  void hear(const PeerSaid& said);
  void install(Slot& slot, Record record);
  std::optional<Record> news_of(const Record& record) const;
  void adopt_live(Slot& slot, Record record);
  void adopt_dead(Slot& slot, Record record);
  void adopt_override_end(Slot& slot);
  bool holds(const Slot& slot) const { return slot.entry->record.holder.node == settings_.origin; }
  void watch_holder(Slot& slot);
  void judge_holder(Slot& slot);
  bool passed_on(Slot& slot);
  void take_over(Slot& slot);
  void pass_on_renewals();
  void take_renewals(const Renewals& message);
  void replace_quietly(Slot& slot, Record record);

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
  Monotonic judge_after_{0};  ///< running time before which no lease is judged
  std::uint64_t revision_ = 0;
  std::string by_;  ///< who sent the command that is being carried out
  Effects effects_;
  std::uint32_t whole_states_ = 0;
  std::map<model::Origin, std::vector<std::pair<Key, Monotonic>>> passed_on_;  ///< renewals for their holders, when
  std::map<std::pair<Monotonic, Key>, Slot*> override_dues_;
  std::map<Key, Slot*> dormant_;                           ///< slots with an override but no live record
  std::map<std::pair<Monotonic, Key>, Slot*> tombstones_;  ///< records that do not live, oldest first
};

}  // namespace muster::core
