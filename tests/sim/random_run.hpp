#pragma once

#include <cstdint>

namespace muster::sim {

struct RandomRun {
  std::uint64_t trace_hash = 0;
  std::uint64_t steps = 0;
  std::uint64_t evictions = 0;
  std::uint64_t holds = 0;
};

/// Deals a whole world from a seed (settings, clients, network, faults), runs it for some virtual minutes under all
/// oracles, and lets it come to rest. Throws a Violation when an oracle objects.
RandomRun run_random_world(std::uint64_t seed);

}  // namespace muster::sim
