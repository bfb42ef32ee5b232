#include "tests/sim/cluster/cluster.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>
#include <variant>

#include "proto/peer/decode.hpp"
#include "proto/peer/encode.hpp"

namespace muster::sim {
namespace {

constexpr Time link_watch_period = 50ms;

std::uint64_t sum(const std::map<std::size_t, std::uint64_t>& counts) {
  std::uint64_t all = 0;
  for (const auto& [kind, count] : counts) all += count;
  return all;
}

/// What arrives is what was said: nothing is left out of the encoding.
peer::Message read(const std::string& bytes) {
  peer::Decoded decoded = peer::decode(bytes);
  if (const auto* refused = std::get_if<peer::Refused>(&decoded))
    throw std::runtime_error("a message was refused: " + refused->problem + '\n');
  auto* message = std::get_if<peer::Message>(&decoded);
  if (!message) throw std::runtime_error("a message has no kind that is known\n");
  if (peer::encode(*message) != bytes) throw std::runtime_error("a message says something else once it was read\n");
  return std::move(*message);
}

}  // namespace

std::uint64_t Traffic::all_messages() const {
  return sum(messages);
}
std::uint64_t Traffic::all_bytes() const {
  return sum(bytes);
}

Cluster::Cluster(ClusterOptions options) : options_(std::move(options)), random_(options_.seed) {
  for (std::size_t i = 0; i < options_.machines; ++i) create();
  count_peers();
  for (const auto& machine : machines_) machine->start(DiskFate::fresh);
  watch_links();
}

Machine& Cluster::create() {
  core::Settings settings = options_.settings;
  settings.origin = {machines_.size() + 1, 0};
  const std::int64_t drift = random_.between(-options_.drift_ppm_max, options_.drift_ppm_max);
  machines_.push_back(
      std::make_unique<Machine>(schedule_, settings, random_.next(), drift,
                                [this](Machine& from, const core::Outgoing& message) { post(from, message); }));
  if (options_.snapshot_period > Time{0}) {
    // Not all at the same time.
    const Time period{random_.between(options_.snapshot_period.count() / 2, options_.snapshot_period.count() * 3 / 2)};
    machines_.back()->save_every(period);
  }
  return *machines_.back();
}

void Cluster::count_peers() {
  const std::size_t peers = members().size() - 1;
  for (const std::size_t i : members()) machine(i).expect_peers(peers);
}

std::vector<std::size_t> Cluster::members() const {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < size(); ++i)
    if (!left(i)) out.push_back(i);
  return out;
}

std::size_t Cluster::add() {
  Machine& machine = create();
  count_peers();
  machine.start(DiskFate::fresh);
  return size() - 1;
}

void Cluster::remove(std::size_t index) {
  machine(index).kill();
  left_.insert(index);
  count_peers();
}

void Cluster::power_off(std::size_t index) {
  machine(index).kill();
  for (auto& [ends, link] : links_)
    if (link.up && (ends.first == index || ends.second == index))
      link.closing = true, link.closes = now(), ++link.number;
}

bool Cluster::reaches(std::size_t from, std::size_t to) {
  const Link& between = link(from, to);
  return between.up && !between.closing && !between.silent && !cut_.contains({from, to}) && machine(to).alive();
}

std::optional<Time> Cluster::sound_since(std::size_t a, std::size_t b) {
  const Link& between = link(a, b);
  return between.up ? between.sound_since : std::nullopt;
}

std::size_t Cluster::evictions() const {
  std::size_t count = 0;
  for (const auto& machine : machines_)
    for (const auto& [at, fact] : machine->facts())
      count += fact.cause == core::Cause::expired || fact.cause == core::Cause::hold_expired ? 1 : 0;
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
  if (link.closing) {
    if (now() >= link.closes) close(link, left, right);
    return;
  }
  const bool sound = left.answers() && right.answers() && !cut_.contains({a, b}) && !cut_.contains({b, a});
  const bool prompt = sound && slowness(a, b) == Time{0} && slowness(b, a) == Time{0};
  if (!prompt || !link.up) link.sound_since.reset();
  if (link.up) {
    const bool ended =
        !left.alive() || !right.alive() || !(left.origin() == link.ends[0]) || !(right.origin() == link.ends[1]);
    if (sound) link.silent = false;
    if (prompt && !link.sound_since) link.sound_since = now();
    if (!sound && !std::exchange(link.silent, true)) link.silent_since = now();
    if (ended) {
      link.closing = true;
      link.closes = now() + options_.wire.delay_max + std::max(slowness(a, b), slowness(b, a));
    } else if (link.silent && now() - link.silent_since >= options_.wire.gives_up_after) {
      close(link, left, right);
    }
  } else if (sound) {
    link = Link{true, link.number + 1, Time{0}, false, false, Time{0}, {}, {left.origin(), right.origin()}};
    left.tell(core::PeerUp{right.origin(), options_.lasting});
    right.tell(core::PeerUp{left.origin(), options_.lasting});
  }
}

void Cluster::close(Link& link, Machine& left, Machine& right) {
  link.up = link.closing = false;
  ++link.number;
  if (left.alive() && left.origin() == link.ends[0]) left.tell(core::PeerDown{link.ends[1]});
  if (right.alive() && right.origin() == link.ends[1]) right.tell(core::PeerDown{link.ends[0]});
}

Time Cluster::slowness(std::size_t from, std::size_t to) const {
  const auto place = slow_.find({from, to});
  return place == slow_.end() ? Time{0} : place->second;
}

void Cluster::post(Machine& from, const core::Outgoing& message) {
  const auto place = [](const model::Origin& origin) { return static_cast<std::size_t>(origin.node - 1); };
  const std::size_t sender = place(from.origin()), kind = message.message.index();
  const auto bytes = std::make_shared<const std::string>(peer::encode(message.message));
  if (message.to) {
    const std::size_t receiver = place(*message.to);
    if (machine(receiver).origin() == *message.to) send(sender, receiver, kind, bytes);
    return;
  }
  for (std::size_t receiver = 0; receiver < size(); ++receiver)
    if (receiver != sender) send(sender, receiver, kind, bytes);
}

void Cluster::send(std::size_t from, std::size_t to, std::size_t kind, const Bytes& bytes) {
  const Link& between = link(from, to);
  if (!between.up || !machine(from).alive()) return;
  for (Traffic* traffic : {&sent_, &sent_by_link_[{from, to}]}) {
    ++traffic->messages[kind];
    traffic->bytes[kind] += bytes->size();
  }
  if (between.closing || cut_.contains({from, to})) return;
  if (random_.permille(options_.wire.loss_permille)) return;
  if (random_.permille(options_.wire.duplicate_permille)) carry(from, to, between.number, bytes);
  carry(from, to, between.number, bytes);
}

void Cluster::carry(std::size_t from, std::size_t to, std::uint64_t number, const Bytes& bytes) {
  const Time delay{random_.between(options_.wire.delay_min.count(), options_.wire.delay_max.count())};
  schedule_.after(delay + slowness(from, to), [this, from, to, number, origin = machine(from).origin(), bytes] {
    const Link& between = link(from, to);
    const bool to_this_boot = machine(to).origin() == between.ends[from < to ? 1 : 0];
    if (between.up && between.number == number && to_this_boot) machine(to).tell(core::PeerSaid{origin, read(*bytes)});
  });
}

}  // namespace muster::sim
