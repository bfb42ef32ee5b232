#pragma once

#include <cstdint>
#include <deque>
#include <string>

#include "server/core/node.hpp"

namespace muster::sim {

/// What a node was told and what it answered: a running hash over everything, and the last lines as text for whoever
/// has to understand a failure.
class Trace {
 public:
  void add(const core::Event& event, core::Now now, const core::Effects& effects);
  std::uint64_t hash() const { return hash_; }
  std::string last_lines() const;

 private:
  static constexpr std::size_t lines_max = 40;

  void mix(std::uint64_t word);
  void mix(std::string_view text);
  void keep(std::string line);

  std::uint64_t hash_ = 14695981039346656037u;  // FNV-1a
  std::deque<std::string> lines_;
};

/// "register a/1", "renew a/1" and so on.
std::string describe(const core::Command& command);
std::string_view describe(core::Result result);

}  // namespace muster::sim
