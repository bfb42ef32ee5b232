#include "server/core/ordered_leaves.hpp"

#include <algorithm>
#include <cassert>
#include <tuple>

namespace muster::core {
namespace {

constexpr std::size_t full = Segment::instances_max;
constexpr std::size_t small = full / 4;

using KeyView = std::pair<std::string_view, std::string_view>;

KeyView key_of(const Slot& slot) {
  return {*slot.service->name, slot.entry->id};
}

bool before(const Slot* slot, const KeyView& key) {
  return key_of(*slot) < key;
}

}  // namespace

OrderedLeaves::Leaves::iterator OrderedLeaves::leaf_for(std::string_view service, std::string_view id) {
  const KeyView key(service, id);
  auto after = std::upper_bound(leaves_.begin(), leaves_.end(), key, [](const KeyView& wanted, const auto& leaf) {
    return wanted < key_of(*leaf->slots.front());
  });
  return after == leaves_.begin() ? after : after - 1;
}

void OrderedLeaves::insert(Slot& slot) {
  if (leaves_.empty()) leaves_.push_back(std::make_unique<Leaf>());
  const KeyView key = key_of(slot);
  auto leaf = leaves_.size() == 1 ? leaves_.begin() : leaf_for(key.first, key.second);
  auto& slots = (*leaf)->slots;
  const auto place = std::lower_bound(slots.begin(), slots.end(), key, before);
  assert(place == slots.end() || key_of(**place) != key);
  if (place == slots.end() && slots.size() == full && leaf + 1 == leaves_.end()) {
    leaves_.push_back(std::make_unique<Leaf>());  // ascending keys fill their leaves
    leaves_.back()->slots.push_back(&slot);
    return;
  }
  slots.insert(place, &slot);
  (*leaf)->segment.reset();
  if (slots.size() > full) split(leaf);
}

void OrderedLeaves::split(Leaves::iterator leaf) {
  auto right = std::make_unique<Leaf>();
  auto& slots = (*leaf)->slots;
  const auto middle = slots.begin() + static_cast<std::ptrdiff_t>(slots.size() / 2);
  right->slots.assign(middle, slots.end());
  slots.erase(middle, slots.end());
  leaves_.insert(leaf + 1, std::move(right));
}

void OrderedLeaves::erase(const Slot& slot) {
  const KeyView key = key_of(slot);
  const auto leaf = leaf_for(key.first, key.second);
  auto& slots = (*leaf)->slots;
  const auto place = std::lower_bound(slots.begin(), slots.end(), key, before);
  assert(place != slots.end() && *place == &slot);
  slots.erase(place);
  (*leaf)->segment.reset();
  if (slots.empty())
    leaves_.erase(leaf);
  else if (slots.size() < small)
    join_small(leaf);
}

void OrderedLeaves::join_small(Leaves::iterator leaf) {
  const auto fits = [](const auto& left, const auto& right) {
    return (*left)->slots.size() + (*right)->slots.size() <= full / 4 * 3;
  };
  auto left = leaf;
  if (leaf + 1 == leaves_.end() || !fits(leaf, leaf + 1)) {
    if (leaf == leaves_.begin() || !fits(leaf - 1, leaf)) return;
    left = leaf - 1;
  }
  const auto right = left + 1;
  (*left)->slots.insert((*left)->slots.end(), (*right)->slots.begin(), (*right)->slots.end());
  (*left)->segment.reset();
  leaves_.erase(right);
}

void OrderedLeaves::touch(const Slot& slot) {
  const KeyView key = key_of(slot);
  (*leaf_for(key.first, key.second))->segment.reset();
}

const SegmentPtr& OrderedLeaves::segment(Leaf& leaf) {
  if (!leaf.segment) {
    auto made = std::make_shared<Segment>();
    made->entries.reserve(leaf.slots.size());
    for (const Slot* slot : leaf.slots) made->entries.push_back(slot->entry);
    leaf.segment = std::move(made);
  }
  return leaf.segment;
}

std::vector<SegmentPtr> OrderedLeaves::segments() {
  std::vector<SegmentPtr> out;
  out.reserve(leaves_.size());
  for (const auto& leaf : leaves_) out.push_back(segment(*leaf));
  return out;
}

std::vector<Slice> OrderedLeaves::slices(std::string_view service) {
  std::vector<Slice> out;
  if (leaves_.empty()) return out;
  for (auto leaf = leaf_for(service, {}); leaf != leaves_.end(); ++leaf) {
    const auto& slots = (*leaf)->slots;
    if (std::string_view(*slots.front()->service->name) > service) break;
    const auto name_before = [](const Slot* slot, std::string_view name) { return *slot->service->name < name; };
    const auto name_after = [](std::string_view name, const Slot* slot) { return name < *slot->service->name; };
    const auto begin = std::lower_bound(slots.begin(), slots.end(), service, name_before);
    const auto end = std::upper_bound(begin, slots.end(), service, name_after);
    if (begin != end)
      out.push_back({segment(**leaf), static_cast<std::size_t>(begin - slots.begin()),
                     static_cast<std::size_t>(end - slots.begin())});
  }
  return out;
}

}  // namespace muster::core
