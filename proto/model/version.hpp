#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace muster::model {

/// One boot of one node. A restarted node is a new origin, so that what it forgot cannot be mistaken for what it never
/// had.
struct Origin {
  std::uint64_t node = 0;  ///< the node's id, kept over restarts when it has a data directory
  std::uint64_t boot = 0;  ///< its incarnation: greater at every boot

  auto operator<=>(const Origin&) const = default;
};

/// A node's id as people see it: 16 hexadecimal digits.
std::string node_name(std::uint64_t id);

/// Orders writes, and nothing else: it is never compared with a clock and never used in a timeout.
/// `clock` is a hybrid logical clock: 48 bits of milliseconds, 16 bits of counter. The zero version is before all
/// others.
struct Version {
  std::uint64_t clock = 0;
  Origin origin;

  auto operator<=>(const Version&) const = default;
  explicit operator bool() const { return clock != 0; }
};

/// Clocks of peers above it are refused: some thousand years ahead. Below it they are followed, as versions have to be;
/// it is the secret of the cluster that keeps out who would send one just below.
inline constexpr std::uint64_t clock_max = std::uint64_t{1} << 63;

/// Tells one life of an instance from the next. Milliseconds since 1970 by convention (Eureka: the dirty timestamp),
/// at most 2^53 so that every JSON reader keeps it exact.
using Incarnation = std::uint64_t;
inline constexpr Incarnation incarnation_max = std::uint64_t{1} << 53;

}  // namespace muster::model
