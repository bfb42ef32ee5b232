#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
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
  Time snapshot_period{0};  ///< zero: no snapshots
  bool lasting = true;      ///< machines say that they have a data directory
};

/// What was sent, by kind of message (the place in peer::Message).
struct Traffic {
  std::map<std::size_t, std::uint64_t> messages, bytes;

  std::uint64_t all_messages() const;
  std::uint64_t all_bytes() const;
  template <class Kind>
  std::uint64_t messages_of() const {
    const auto place = messages.find(peer::Message(Kind{}).index());
    return place == messages.end() ? 0 : place->second;
  }
  template <class Kind>
  std::uint64_t bytes_of() const {
    const auto place = bytes.find(peer::Message(Kind{}).index());
    return place == bytes.end() ? 0 : place->second;
  }
};

/// Several nodes and what lies between them, in virtual time. Every message is encoded and decoded on its way, as it is
/// between processes. A run is decided by its options alone.
class Cluster {
 public:
  explicit Cluster(ClusterOptions options);

  /// Machines that there ever were; those that left for good have their places still.
  std::size_t size() const { return machines_.size(); }
  Machine& machine(std::size_t index) { return *machines_[index]; }
  core::Node& node(std::size_t index) { return machines_[index]->node(); }
  bool left(std::size_t index) const { return left_.contains(index); }
  std::vector<std::size_t> members() const;  ///< those that have not left

  void run_for(Time span) { schedule_.run_until(schedule_.now() + span); }
  Time now() const { return schedule_.now(); }
  Schedule& schedule() { return schedule_; }
  Random& random() { return random_; }

  /// Swallows what goes from one to the other.
  void cut(std::size_t from, std::size_t to) { cut_.emplace(from, to); }
  void cut_both(std::size_t a, std::size_t b) { cut(a, b), cut(b, a); }
  void heal(std::size_t from, std::size_t to) { cut_.erase({from, to}); }
  void heal_all() { cut_.clear(), slow_.clear(); }
  /// What goes from one to the other takes so much longer.
  void slow(std::size_t from, std::size_t to, Time by) { slow_[{from, to}] = by; }
  void set_wire(WireOptions wire) { options_.wire = wire; }
  const WireOptions& wire() const { return options_.wire; }

  /// Its power fails: unlike with a process that is killed, what its sockets had taken is lost.
  void power_off(std::size_t index);
  /// A machine that was not there joins; all others are told how many they are.
  std::size_t add();
  void remove(std::size_t index);  ///< for good

  /// A link stands, and what is said on it from now on arrives if both live.
  bool reaches(std::size_t from, std::size_t to);
  /// Since when a link has stood with nothing wrong in either direction; none: it does not.
  std::optional<Time> sound_since(std::size_t a, std::size_t b);

  /// Nodes forget tombstones soon, each in its own time: then they may remember different ones, but list the same.
  bool forgets() const {
    return !left_.empty() || options_.settings.limits.tombstones < core::CoreLimits{}.tombstones ||
           options_.settings.tombstone_retention < core::Settings{}.tombstone_retention;
  }

  /// Instances that any node took out because their lease ran out, in all boots.
  std::size_t evictions() const;
  const Traffic& sent() const { return sent_; }
  const Traffic& sent(std::size_t from, std::size_t to) { return sent_by_link_[{from, to}]; }

 private:
  struct Link {
    bool up = false;
    std::uint64_t number = 0;  ///< messages of an earlier link are lost
    Time silent_since{0};
    bool silent = false;
    bool closing = false;  ///< an end has died; what its socket had taken still arrives
    Time closes{0};
    std::optional<Time> sound_since;
    model::Origin ends[2];
  };
  using Direction = std::pair<std::size_t, std::size_t>;
  using Bytes = std::shared_ptr<const std::string>;

  Machine& create();
  void count_peers();
  void watch_links();
  void watch(std::size_t a, std::size_t b);
  void close(Link& link, Machine& left, Machine& right);
  void post(Machine& from, const core::Outgoing& message);
  void send(std::size_t from, std::size_t to, std::size_t kind, const Bytes& bytes);
  void carry(std::size_t from, std::size_t to, std::uint64_t link, const Bytes& bytes);
  Time slowness(std::size_t from, std::size_t to) const;
  Link& link(std::size_t a, std::size_t b) { return links_[std::minmax(a, b)]; }

  ClusterOptions options_;
  Random random_;
  Schedule schedule_;
  std::vector<std::unique_ptr<Machine>> machines_;
  std::set<std::size_t> left_;
  std::map<Direction, Link> links_;
  std::set<Direction> cut_;
  std::map<Direction, Time> slow_;
  Traffic sent_;
  std::map<Direction, Traffic> sent_by_link_;
};

}  // namespace muster::sim
