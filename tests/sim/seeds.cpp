#include "tests/sim/seeds.hpp"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <optional>
#include <string>

namespace muster::sim {
namespace {

std::optional<std::uint64_t> number_from(const char* variable) {
  const char* text = std::getenv(variable);
  if (text == nullptr || *text == '\0') return std::nullopt;
  return std::stoull(text);
}

void run_one(std::uint64_t seed, const std::function<void(std::uint64_t)>& run) {
  try {
    run(seed);
  } catch (const std::exception& failure) {
    FAIL("seed " << seed << ": " << failure.what() << "again: MUSTER_SIM_SEED=" << seed << " sim_tests \""
                 << Catch::getResultCapture().getCurrentTestName() << '"');
  }
}

}  // namespace

std::uint64_t for_seeds(std::uint64_t usual, const std::function<void(std::uint64_t)>& run) {
  if (const auto seed = number_from("MUSTER_SIM_SEED")) {
    run_one(*seed, run);
    return 1;
  }
  const std::uint64_t count = number_from("MUSTER_SIM_SEEDS").value_or(usual);
  for (std::uint64_t seed = 1; seed <= count; ++seed) run_one(seed, run);
  std::cout << count << " seeds clean: " << Catch::getResultCapture().getCurrentTestName() << '\n';
  SUCCEED();
  return count;
}

}  // namespace muster::sim
