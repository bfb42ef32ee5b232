#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "tests/sim/cluster/machine.hpp"
#include "tests/sim/random.hpp"

namespace muster::sim {

/// How messages between machines travel. A link is what TCP makes of it: it stands while both ends answer, is given up
/// after a silence, and what was under way then is lost. Beyond TCP, messages may be lost, doubled and overtake.
struct WireOptions {
  Time delay_min = 200us;
  Time delay_max = 3ms;
  unsigned loss_permille = 0;
  unsigned duplicate_permille = 0;
  Time gives_up_after = 3s;
};

struct ClusterOptions {
  std::uint64_t seed = 1;
  std::size_t machines = 3;
  core::Settings settings;
  WireOptions wire;
  std::int64_t drift_ppm_max = 0;
};

/// Several nodes and what lies between them, in virtual time. A run is decided by its options alone.
class Cluster {
 public:
  explicit Cluster(ClusterOptions options);

  std::size_t size() const { return machines_.size(); }
  Machine& machine(std::size_t index) { return *machines_[index]; }
  core::Node& node(std::size_t index) { return machines_[index]->node(); }

  void run_for(Time span) { schedule_.run_until(schedule_.now() + span); }
  Time now() const { return schedule_.now(); }
  Schedule& schedule() { return schedule_; }
  Random& random() { return random_; }

  /// Swallows what goes from one to the other.
  void cut(std::size_t from, std::size_t to) { cut_.emplace(from, to); }
  void cut_both(std::size_t a, std::size_t b) { cut(a, b), cut(b, a); }
  void heal(std::size_t from, std::size_t to) { cut_.erase({from, to}); }
  void heal_all() { cut_.clear(); }
  void set_wire(WireOptions wire) { options_.wire = wire; }

  /// Nodes have to forget tombstones before their time: then they may remember different ones, but list the same.
  bool forgets() const { return options_.settings.limits.tombstones < core::CoreLimits{}.tombstones; }

  /// Instances that any node took out because their lease ran out, in all boots.
  std::size_t evictions() const;
  /// Messages sent so far, by kind (the place in peer::Message).
  const std::map<std::size_t, std::uint64_t>& sent() const { return sent_; }

 private:
  struct Link {
    bool up = false;
    std::uint64_t number = 0;  ///< messages of an earlier link are lost
    Time silent_since{0};
    bool silent = false;
    model::Origin ends[2];
  };

  void watch_links();
  void watch(std::size_t a, std::size_t b);
  void post(Machine& from, core::Outgoing message);
  void carry(std::size_t from, std::size_t to, std::uint64_t link, peer::Message message);
  Link& link(std::size_t a, std::size_t b) { return links_[std::minmax(a, b)]; }

  ClusterOptions options_;
  Random random_;
  Schedule schedule_;
  std::vector<std::unique_ptr<Machine>> machines_;
  std::map<std::pair<std::size_t, std::size_t>, Link> links_;
  std::set<std::pair<std::size_t, std::size_t>> cut_;
  std::map<std::size_t, std::uint64_t> sent_;
};

}  // namespace muster::sim
