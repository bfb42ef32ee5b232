#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "server/core/node.hpp"
#include "tests/sim/snapshot.hpp"

namespace muster::sim {

class SimNode;

/// An oracle found the node at fault. Ends the run; whoever catches it prints the seed.
class Violation : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// One call of Node::handle(), after it was made.
struct Step {
  const core::Event& event;
  core::Now now;
  /// The node's monotonic time without the spans in which it was paused: what leases are measured in.
  core::Monotonic running{0};
  const core::Effects& effects;
};

/// A look at the whole registry.
struct Poll {
  core::Now now;
  const Snapshot& snapshot;
  bool changed = true;  ///< content or marks may differ from the last poll's
};

/// Watches one node and knows one rule. Oracles see every step; what is dear to check they look at when the world
/// polls.
class Oracle {
 public:
  virtual ~Oracle() = default;

  /// After every handle().
  virtual void after(SimNode& node, const Step& step);
  /// Called at the world's own pace, some times a virtual second, while the node runs.
  virtual void poll(SimNode& node, const Poll& poll);
};

/// Throws a Violation that names the oracle and the virtual time.
[[noreturn]] void violated(const SimNode& node, std::string_view oracle, const std::string& what);

/// "service/id" for messages.
std::string to_string(const core::Key& key);

}  // namespace muster::sim
