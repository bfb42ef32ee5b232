#pragma once

#include <string>
#include <vector>

#include "config/load.hpp"

namespace muster::config {

/// For people: the values as shown() has them.
struct Change {
  const Key* key = nullptr;
  Value before;
  Value after;
};

/// What becomes of a configuration that was read again.
struct Reloaded {
  Loaded effective;                   ///< to run with: keys that need a restart keep their old value and source
  std::vector<Change> applied;        ///< take effect at once
  std::vector<Change> needs_restart;  ///< stand in the file, but wait for a restart
};

Reloaded reload(const Loaded& running, const Loaded& read);

}  // namespace muster::config
