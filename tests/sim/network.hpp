#pragma once

#include <cstddef>
#include <functional>
#include <set>
#include <utility>

#include "tests/sim/random.hpp"
#include "tests/sim/schedule.hpp"

namespace muster::sim {

/// How messages travel. Reordering comes from delays that differ.
struct NetworkOptions {
  Time delay_min = 200us;
  Time delay_max = 5ms;
  unsigned loss_permille = 0;
  unsigned duplicate_permille = 0;
  /// A straggler sits in a queue or is sent again late by somebody's retry logic.
  unsigned straggler_permille = 0;
  Time straggler_delay_max = 20s;
};

enum class Direction { to_node, to_client };

/// Carries messages between clients and a node, badly. Every client has a link of its own; a cut link swallows one
/// direction or both. A message is a function that is called where and when it arrives, possibly twice or never.
class Network {
 public:
  using Message = std::function<void()>;
  using Link = std::size_t;

  Network(Schedule& schedule, Random random, NetworkOptions options)
      : schedule_(schedule), random_(random), options_(options) {}

  void send(Link link, Direction direction, Message message);

  void cut(Link link, Direction direction) { cut_.emplace(link, direction); }
  void cut(Link link);
  void heal(Link link);
  void heal_all() { cut_.clear(); }

  /// Later messages travel so.
  void set_options(NetworkOptions options) { options_ = options; }
  const NetworkOptions& options() const { return options_; }

 private:
  Time delay();

  Schedule& schedule_;
  Random random_;
  NetworkOptions options_;
  std::set<std::pair<Link, Direction>> cut_;
};

}  // namespace muster::sim
