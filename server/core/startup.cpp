#include "server/core/startup.hpp"

namespace muster::core {

std::string_view to_string(NodeState state) {
  switch (state) {
    case NodeState::cold:
      return "COLD";
    case NodeState::syncing:
      return "SYNCING";
    case NodeState::warming:
      return "WARMING";
    case NodeState::ready:
      return "READY";
  }
  return "READY";
}

void Startup::advance(const View& view, Monotonic now) {
  if (state_ == NodeState::ready) return;
  if (state_ == NodeState::warming) {
    const bool taught = view.ready_merged && !view.empty;  // a peer was found that knows better
    if (taught || now >= warm_) state_ = NodeState::ready;
    return;
  }
  state_ = view.linked > 0 ? NodeState::syncing : NodeState::cold;
  const bool all_merged = view.merged == view.linked;
  const bool nobody_missing = all_merged && view.linked >= view.expected;
  const bool waited = now - began_ >= peers_wait;
  if (!view.ready_merged && !nobody_missing && !(waited && all_merged)) return;
  if (view.empty && served_before_ && !view.ready_merged) {
    state_ = NodeState::warming;
    warm_ = now + warming_time;
  } else {
    state_ = NodeState::ready;
  }
}

}  // namespace muster::core
