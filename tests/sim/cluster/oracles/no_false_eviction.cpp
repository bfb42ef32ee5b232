#include "tests/sim/cluster/oracles/no_false_eviction.hpp"

#include <stdexcept>
#include <string>

namespace muster::sim {
namespace {

/// A lease, but for clocks that drift and rounds of the timer.
constexpr Time lease = std::chrono::seconds(Tenant::duration_s) - Time{1s};
/// A link that was sound for so long has told both ends what they hold.
constexpr Time settled = 10s;
/// A renewal at another node is with the holder after a round of 100 ms and the way. Who judges late, having been cut
/// off, may do so just then; the other node takes the lease back.
constexpr Time on_its_way = 500ms;

}  // namespace

void NoFalseEviction::poll(Cluster& cluster, const Chronicle& chronicle) {
  for (const auto& [key, contact] : chronicle.contacts()) expect_listed(cluster, key, contact);
  seen_.resize(cluster.size());
  for (std::size_t i = 0; i < cluster.size(); ++i)
    for (const auto& facts = cluster.machine(i).facts(); seen_[i] < facts.size(); ++seen_[i])
      if (facts[seen_[i]].fact.cause == core::Cause::expired) expect_in_time(cluster, i, facts[seen_[i]], chronicle);
}

void NoFalseEviction::expect_listed(Cluster& cluster, const core::Key& key, const Chronicle::Contact& contact) {
  Machine& machine = cluster.machine(contact.machine);
  if (cluster.now() - contact.at > lease || !machine.ready() || !(machine.origin() == contact.boot)) return;
  if (machine.ask(core::ReadInstance{key})->state.entry) return;
  throw std::runtime_error("node " + std::to_string(contact.machine) + " does not list " + key.id +
                           ", which renewed there " + std::to_string((cluster.now() - contact.at) / 1ms) +
                           " ms ago, at " + std::to_string(contact.at / 1ms) + " ms\n");
}

void NoFalseEviction::expect_in_time(Cluster& cluster, std::size_t by, const Machine::Happened& eviction,
                                     const Chronicle& chronicle) {
  const auto contact = chronicle.contacts().find(eviction.fact.key);
  if (contact == chronicle.contacts().end() || contact->second.machine == by) return;
  const auto& [machine, boot, at] = contact->second;
  if (at + on_its_way > eviction.at || eviction.at - at > lease || !(cluster.machine(machine).origin() == boot)) return;
  const auto since = cluster.sound_since(by, machine);
  if (!since || eviction.at - *since < settled || cluster.wire().loss_permille > 0) return;
  throw std::runtime_error("node " + std::to_string(by) + " evicted " + eviction.fact.key.id +
                           ", which had renewed at node " + std::to_string(machine) + " in time\n");
}

}  // namespace muster::sim
