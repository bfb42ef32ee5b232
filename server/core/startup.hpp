#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "server/core/time.hpp"

namespace muster::core {

/// How far a node is after its start. Writes are taken in every state; reads wait for `ready`.
enum class NodeState : std::uint8_t {
  cold,     ///< has peers, and has not reached one yet
  syncing,  ///< is getting their state
  warming,  ///< found an empty registry although it has served before: its clients get an interval to show up
  ready,
};
std::string_view to_string(NodeState state);

/// Decides when reads may open: once the state of one ready peer is merged; or, where no peer that can be reached is
/// ready within 3 s, once those of all that can be are. Times are running time.
class Startup {
 public:
  static constexpr Monotonic peers_wait{3'000'000};
  static constexpr Monotonic warming_time{30'000'000};  ///< one renewal interval by default

  struct View {
    std::size_t expected = 0;  ///< peers in the list
    std::size_t linked = 0;
    std::size_t merged = 0;     ///< linked ones whose state is merged
    bool ready_merged = false;  ///< one of them is ready
    bool empty = true;          ///< no live record
  };

  Startup(bool served_before, Monotonic now) : served_before_(served_before), began_(now) {}

  void advance(const View& view, Monotonic now);
  NodeState state() const { return state_; }
  bool ready() const { return state_ == NodeState::ready; }

 private:
  bool served_before_;
  Monotonic began_;
  Monotonic warm_{0};
  NodeState state_ = NodeState::cold;
};

}  // namespace muster::core
