#include "server/core/scrub.hpp"

#include <algorithm>

#include "server/core/replication.hpp"
#include "server/core/rules.hpp"

namespace muster::core {
namespace {

constexpr Monotonic period{10'000'000};  ///< between two runs for which there is no reason
constexpr Monotonic patience{2'000'000};
constexpr std::size_t places_per_ask = 64;
constexpr std::size_t records_per_mend = 128;
constexpr std::size_t wanted_per_mend = 512;
constexpr std::size_t examples_max = 20;

}  // namespace

void Scrub::pass_time(Monotonic now) {
  if (run_ && now - run_->progress > patience) run_.reset();
  if (run_ || !stands(Rule::scrub_mends)) return;
  for (const model::Origin& peer : std::exchange(wanted_, {})) {
    if (!store_.comparable(peer)) continue;
    if (run_)
      wanted_.insert(peer);
    else
      begin(peer, now);
  }
  if (run_ || now < next_) return;
  std::vector<model::Origin> peers;
  for (const auto& [node, member] : membership_.members())
    if (member.linked && store_.comparable(member.origin)) peers.push_back(member.origin);
  if (peers.empty()) return;
  const auto after = std::upper_bound(peers.begin(), peers.end(), previous_);
  begin(after == peers.end() ? peers.front() : *after, now);
}

void Scrub::begin(const model::Origin& peer, Monotonic now) {
  previous_ = peer;
  next_ = now + period;
  run_ = Run{peer, ++runs_, now, now, {{0, 0}}, {}, {}, 0};
  go_on(now);
}

void Scrub::down(const model::Origin& peer) {
  if (run_ && run_->peer == peer) run_.reset();
  wanted_.erase(peer);
  last_.erase(peer);
}

/// Asks for the next places, all of one level; or ends.
void Scrub::go_on(Monotonic now) {
  Run& run = *run_;
  run.progress = now;
  if (run.open.empty()) {
    flush();
    run.found.at = now;
    store_.compared(run.peer, run.began);
    last_[run.peer] = std::move(run.found);
    run_.reset();
    return;
  }
  peer::DigestAsk ask{run.id, run.open.front().level, {}};
  while (!run.open.empty() && run.open.front().level == ask.level && ask.places.size() < places_per_ask) {
    ask.places.push_back(run.open.front().number);
    run.open.pop_front();
  }
  outbox_.send(run.peer, std::move(ask));
}

void Scrub::receive(const model::Origin& peer, const peer::DigestAsk& message) {
  const auto valid = [&](std::uint32_t place) { return place < ContentTree::places(message.level); };
  if (message.level > ContentTree::levels || message.places.size() > places_per_ask ||
      !std::all_of(message.places.begin(), message.places.end(), valid))
    return;
  const ContentTree& tree = store_.tree();
  if (message.level == ContentTree::levels) {
    peer::LeafDigests answer{message.scrub, message.places, {}};
    for (const std::uint32_t place : message.places)
      for (const Slot* slot : tree.leaf(place)) answer.records.emplace_back(slot->key_hash, slot->digest);
    outbox_.send(peer, std::move(answer));
    return;
  }
  peer::Digests answer{message.scrub, message.level, message.places, {}};
  for (const std::uint32_t place : message.places)
    for (const std::uint64_t sum : tree.sums(message.level, place)) answer.sums.push_back(sum);
  outbox_.send(peer, std::move(answer));
}

bool Scrub::is_answer(const model::Origin& peer, std::uint64_t id) const {
  return run_ && run_->peer == peer && run_->id == id;
}

void Scrub::receive(const model::Origin& peer, const peer::Digests& message, Monotonic now) {
  const auto valid = [&](std::uint32_t place) { return place < ContentTree::places(message.level); };
  if (!is_answer(peer, message.scrub) || message.level >= ContentTree::levels ||
      message.sums.size() != message.places.size() * ContentTree::parts ||
      !std::all_of(message.places.begin(), message.places.end(), valid))
    return;
  const auto below = static_cast<std::uint8_t>(message.level + 1);
  for (std::size_t i = 0; i < message.places.size(); ++i) {
    const auto ours = store_.tree().sums(message.level, message.places[i]);
    for (std::size_t part = 0; part < ContentTree::parts; ++part)
      if (ours[part] != message.sums[i * ContentTree::parts + part])
        run_->open.push_front({below, static_cast<std::uint32_t>(message.places[i] * ContentTree::parts + part)});
  }
  go_on(now);
}

void Scrub::receive(const model::Origin& peer, const peer::LeafDigests& message, Monotonic now) {
  const auto valid = [](std::uint32_t place) { return place < ContentTree::leaves; };
  if (!is_answer(peer, message.scrub) || !std::all_of(message.places.begin(), message.places.end(), valid)) return;
  const std::map<std::uint64_t, std::uint64_t> theirs(message.records.begin(), message.records.end());
  for (const std::uint32_t place : message.places) compare_leaf(place, theirs);
  const ContentTree& tree = store_.tree();
  for (const auto& [hash, digest] : theirs) {
    const auto& slots = tree.leaf(ContentTree::leaf_of(hash));
    if (std::any_of(slots.begin(), slots.end(), [hash = hash](const Slot* slot) { return slot->key_hash == hash; }))
      continue;
    ++run_->found.differing;
    run_->mend.wanted.push_back(hash);
    if (run_->mend.wanted.size() >= wanted_per_mend) flush();
  }
  go_on(now);
}

/// What they have otherwise, or not at all, is sent.
void Scrub::compare_leaf(std::uint32_t place, const std::map<std::uint64_t, std::uint64_t>& theirs) {
  const Membership::Member* peer = membership_.find(run_->peer);
  for (const Slot* slot : store_.tree().leaf(place)) {
    const auto same = theirs.find(slot->key_hash);
    if (same != theirs.end() && same->second == slot->digest) continue;
    if (peer && lacking(slot->entry->record, peer->said)) continue;  // on its way
    found(*slot);
    run_->mend.records.push_back({{*slot->service->name, slot->entry->id}, slot->entry->record});
    run_->mend_bytes += bytes_of(slot->entry->record);
    if (run_->mend.records.size() >= records_per_mend || run_->mend_bytes >= message_bytes_max) flush();
  }
}

void Scrub::found(const Slot& slot) {
  ++run_->found.differing;
  if (run_->found.examples.size() < examples_max) run_->found.examples.push_back({*slot.service->name, slot.entry->id});
}

void Scrub::flush() {
  if (run_->mend.records.empty() && run_->mend.wanted.empty()) return;
  run_->mend.scrub = run_->id;
  run_->mend_bytes = 0;
  outbox_.send(run_->peer, std::exchange(run_->mend, {}));
}

void Scrub::receive(const model::Origin& peer, const peer::Mend& message) {
  if (!store_.comparable(peer)) return;
  peer::Mend answer{message.scrub, {}, {}};
  std::size_t bytes = 0;
  const auto add = [&](peer::KeyedRecord item) {
    bytes += bytes_of(item.record);
    answer.records.push_back(std::move(item));
    if (answer.records.size() < records_per_mend && bytes < message_bytes_max) return;
    outbox_.send(peer, std::exchange(answer, {message.scrub, {}, {}}));
    bytes = 0;
  };
  for (const peer::KeyedRecord& item : message.records) {
    Store::Mended mended = store_.mend(item);
    mended_ += mended.here ? 1 : 0;
    if (mended.more) add(std::move(*mended.more));
  }
  for (const std::uint64_t hash : message.wanted)
    for (const Slot* slot : store_.tree().leaf(ContentTree::leaf_of(hash)))
      if (slot->key_hash == hash) add({{*slot->service->name, slot->entry->id}, slot->entry->record});
  if (!answer.records.empty()) outbox_.send(peer, std::move(answer));
}

}  // namespace muster::core
