#pragma once

#include <cstdint>
#include <functional>

namespace muster::sim {

/// Runs `run` for many seeds: MUSTER_SIM_SEED=n runs that one alone, MUSTER_SIM_SEEDS=n so many; without either
/// `usual` of them, always the same, so that a clean tree stays clean. A failure names the seed and how to run it
/// again. Returns how many ran.
std::uint64_t for_seeds(std::uint64_t usual, const std::function<void(std::uint64_t)>& run);

}  // namespace muster::sim
