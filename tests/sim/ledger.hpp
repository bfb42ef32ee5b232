#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/sim/oracle.hpp"

namespace muster::sim {

/// What the outside world may believe about one instance, from requests and answers alone.
struct Belief {
  bool live = false;
  model::Payload payload;
  core::Incarnation heard = 0;  ///< the newest incarnation of this life that was accepted or taken for equal
  model::LeaseTerms terms;
  bool renewed_once = false;  ///< by something else than a registration (a metadata PUT is one): its lease doubles then
  core::Monotonic renewed{0};  ///< running time of the last renewal that was answered as one
  core::Monotonic touched{0};  ///< running time of the last request that may have renewed it
  std::string zone, address;
  core::Cause left_by = core::Cause::cancelled;
  core::Monotonic left{0};       ///< running time
  core::Incarnation fenced = 0;  ///< the newest incarnation that was cancelled
};

/// Keeps the beliefs, from requests, their answers and the facts that the node tells. The first oracle of every node:
/// others read it. Finds by itself whatever the node tells that cannot be: a fact about an instance that is not there.
class Ledger : public Oracle {
 public:
  using Beliefs = std::map<core::Key, Belief>;

  void after(SimNode& node, const Step& step) override;

  const Beliefs& beliefs() const { return beliefs_; }
  const Belief* find(const core::Key& key) const;
  std::size_t evictions(core::Cause cause) const;
  std::size_t evictions() const;
  /// Running time of each eviction, in order.
  struct Eviction {
    core::Key key;
    core::Cause cause;
    core::Monotonic when{0};
  };
  const std::vector<Eviction>& evicted() const { return evicted_; }
  std::size_t holds_begun() const { return holds_begun_; }
  std::size_t holds_ended() const { return holds_ended_; }

  /// How long a lease lasts from its last renewal.
  static core::Monotonic lease_of(const Belief& belief, const core::Settings& settings);

 private:
  void on_reply(SimNode& node, const Step& step, const core::Command& command, const core::Outcome& outcome);
  void on_register(SimNode& node, const Step& step, const core::Register& command, const core::Outcome& outcome);
  void on_fact(SimNode& node, const Step& step, const core::Fact& fact);
  void renewed(const core::Key& key, const Step& step);

  Beliefs beliefs_;
  std::vector<Eviction> evicted_;
  std::size_t holds_begun_ = 0;
  std::size_t holds_ended_ = 0;
};

bool is_eviction(core::Cause cause);

}  // namespace muster::sim
