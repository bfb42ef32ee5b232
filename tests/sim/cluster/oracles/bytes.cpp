#include "tests/sim/cluster/oracles/bytes.hpp"

#include <stdexcept>
#include <string>

namespace muster::sim {
namespace {

constexpr std::uint64_t beacon_base = 60;
constexpr std::uint64_t beacon_per_node = 14;  ///< the tick of another node that it passes on
constexpr std::uint64_t others_per_second = 60;

}  // namespace

double beacon_bytes(const Traffic& before, const Traffic& after) {
  const auto count = after.messages_of<peer::Beacon>() - before.messages_of<peer::Beacon>();
  return static_cast<double>(after.bytes_of<peer::Beacon>() - before.bytes_of<peer::Beacon>()) /
         static_cast<double>(count);
}

void SteadyBytes::expect(Cluster& cluster) const {
  const std::size_t nodes = cluster.members().size();
  const double beacon = beacon_bytes(before_, cluster.sent());
  const std::uint64_t beacon_max = beacon_base + beacon_per_node * nodes;
  if (beacon > static_cast<double>(beacon_max))
    throw std::runtime_error("a beacon has " + std::to_string(beacon) + " bytes, more than " +
                             std::to_string(beacon_max) + '\n');
  const auto seconds = static_cast<std::uint64_t>((cluster.now() - since_) / 1s);
  const std::uint64_t most = nodes * (nodes - 1) * seconds * (2 * beacon_max + others_per_second);
  const std::uint64_t sent = cluster.sent().all_bytes() - before_.all_bytes();
  if (sent > most)
    throw std::runtime_error("a calm cluster sent " + std::to_string(sent) + " bytes, more than " +
                             std::to_string(most) + '\n');
}

}  // namespace muster::sim
