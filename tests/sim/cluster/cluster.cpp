#include "tests/sim/cluster/cluster.hpp"

#include <algorithm>
#include <utility>

namespace muster::sim {
namespace {

constexpr Time link_watch_period = 50ms;

}  // namespace

Cluster::Cluster(ClusterOptions options) : options_(std::move(options)), random_(options_.seed) {
  for (std::size_t i = 0; i < options_.machines; ++i) {
    core::Settings settings = options_.settings;
    settings.origin = {i + 1, 0};
    settings.peers = options_.machines - 1;
    const std::int64_t drift = random_.between(-options_.drift_ppm_max, options_.drift_ppm_max);
    machines_.push_back(
        std::make_unique<Machine>(schedule_, settings, random_.next(), drift,
                                  [this](Machine& from, core::Outgoing message) { post(from, std::move(message)); }));
    machines_.back()->start();
  }
  watch_links();
}

std::size_t Cluster::evictions() const {
  std::size_t count = 0;
  for (const auto& machine : machines_)
    for (const core::Fact& fact : machine->facts()) count += fact.cause == core::Cause::expired ? 1 : 0;
  return count;
}

void Cluster::watch_links() {
  for (std::size_t a = 0; a < size(); ++a)
    for (std::size_t b = a + 1; b < size(); ++b) watch(a, b);
  schedule_.after(link_watch_period, [this] { watch_links(); });
}

void Cluster::watch(std::size_t a, std::size_t b) {
  Link& link = links_[{a, b}];
  Machine& left = machine(a);
  Machine& right = machine(b);
  const bool sound = left.answers() && right.answers() && !cut_.contains({a, b}) && !cut_.contains({b, a});
  if (link.up) {
    const bool ended =
        !left.alive() || !right.alive() || !(left.origin() == link.ends[0]) || !(right.origin() == link.ends[1]);
    if (sound) link.silent = false;
    if (!sound && !std::exchange(link.silent, true)) link.silent_since = now();
    if (!ended && (!link.silent || now() - link.silent_since < options_.wire.gives_up_after)) return;
    link.up = false;
    ++link.number;
    if (left.alive() && left.origin() == link.ends[0]) left.tell(core::PeerDown{link.ends[1]});
    if (right.alive() && right.origin() == link.ends[1]) right.tell(core::PeerDown{link.ends[0]});
  } else if (sound) {
    link = Link{true, link.number + 1, Time{0}, false, {left.origin(), right.origin()}};
    left.tell(core::PeerUp{right.origin()});
    right.tell(core::PeerUp{left.origin()});
  }
}

void Cluster::post(Machine& from, core::Outgoing message) {
  if (!message.to) {
    for (const auto& machine : machines_)
      if (machine.get() != &from) post(from, {machine->origin(), message.message});
    return;
  }
  const auto place = [this](const model::Origin& origin) { return static_cast<std::size_t>(origin.node - 1); };
  const std::size_t sender = place(from.origin()), receiver = place(*message.to);
  ++sent_[message.message.index()];
  const Link& between = link(sender, receiver);
  const bool to_this_boot = machine(receiver).origin() == *message.to;
  if (!between.up || !to_this_boot || cut_.contains({sender, receiver})) return;
  if (random_.permille(options_.wire.loss_permille)) return;
  if (random_.permille(options_.wire.duplicate_permille)) carry(sender, receiver, between.number, message.message);
  carry(sender, receiver, between.number, std::move(message.message));
}

void Cluster::carry(std::size_t from, std::size_t to, std::uint64_t number, peer::Message message) {
  const Time delay{random_.between(options_.wire.delay_min.count(), options_.wire.delay_max.count())};
  schedule_.after(delay, [this, from, to, number, origin = machine(from).origin(), said = std::move(message)] {
    const Link& between = link(from, to);
    if (between.up && between.number == number) machine(to).tell(core::PeerSaid{origin, said});
  });
}

}  // namespace muster::sim
