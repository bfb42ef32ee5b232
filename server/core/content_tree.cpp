#include "server/core/content_tree.hpp"

#include <xxhash.h>

#include <algorithm>

namespace muster::core {
namespace {

std::uint64_t digest_of(const Record& record, const ContentHash& hash) {
  const Version override_ = record.override_ ? record.override_->version : Version{};
  const Over over = record.over ? *record.over : Over{};
  const Registration& registration = *record.registration;
  const std::uint64_t words[] = {hash.low,
                                 hash.high,
                                 registration.version.clock,
                                 registration.version.origin.node,
                                 registration.version.origin.boot,
                                 record.holder.version.clock,
                                 record.holder.version.origin.node,
                                 record.holder.version.origin.boot,
                                 over.cancel.version.clock,
                                 over.eviction.version.clock,
                                 override_.clock,
                                 override_.origin.node,
                                 override_.origin.boot};
  std::uint64_t digest = XXH3_64bits(words, sizeof words);
  if (record.overlay) {
    for (const auto& [key, entry] : *record.overlay) {
      const std::uint64_t version[] = {entry.version.clock, entry.version.origin.node, entry.version.origin.boot};
      digest += XXH3_64bits_withSeed(version, sizeof version, XXH3_64bits(key.data(), key.size()));
    }
  }
  return digest;
}

std::uint64_t lease_digest(std::uint64_t key_hash, const Version& version) {
  const std::uint64_t words[] = {key_hash, version.clock, version.origin.node, version.origin.boot};
  return XXH3_64bits(words, sizeof words);
}

}  // namespace

std::uint64_t hash_of(std::string_view service, std::string_view id) {
  return XXH3_64bits_withSeed(id.data(), id.size(), XXH3_64bits(service.data(), service.size()));
}

void ContentTree::add(Slot& slot, const ContentHash& hash) {
  const Record& record = slot.entry->record;
  slot.key_hash = hash_of(*slot.service->name, slot.entry->id);
  slot.digest = digest_of(record, hash);
  Leaf& leaf = leaves_[leaf_of(slot.key_hash)];
  leaf.slots.push_back(&slot);
  leaf.sum += slot.digest;
  root_ += slot.digest;
  peer::HeldLeases& held = held_[record.holder.node];
  ++held.count;
  held.sum += lease_digest(slot.key_hash, record.holder.version);
}

void ContentTree::remove(Slot& slot) {
  const Record& record = slot.entry->record;
  Leaf& leaf = leaves_[leaf_of(slot.key_hash)];
  const auto place = std::find(leaf.slots.begin(), leaf.slots.end(), &slot);
  *place = leaf.slots.back();
  leaf.slots.pop_back();
  if (leaf.slots.empty()) leaf.slots.shrink_to_fit();
  leaf.sum -= slot.digest;
  root_ -= slot.digest;
  const auto held = held_.find(record.holder.node);
  held->second.sum -= lease_digest(slot.key_hash, record.holder.version);
  if (--held->second.count == 0) held_.erase(held);
}

std::array<std::uint64_t, ContentTree::parts> ContentTree::sums(std::uint8_t level, std::uint32_t place) const {
  const std::size_t part_leaves = leaves >> (4 * (level + 1));
  std::array<std::uint64_t, parts> out{};
  std::size_t leaf = place * part_leaves * parts;
  for (std::uint64_t& sum : out)
    for (std::size_t i = 0; i < part_leaves; ++i) sum += leaves_[leaf++].sum;
  return out;
}

peer::HeldLeases ContentTree::held_by(const model::Origin& holder) const {
  const auto place = held_.find(holder);
  return place == held_.end() ? peer::HeldLeases{} : place->second;
}

}  // namespace muster::core
