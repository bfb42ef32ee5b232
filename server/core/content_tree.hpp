#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

#include "proto/peer/message.hpp"
#include "server/core/slot.hpp"

namespace muster::core {

/// Digests of all live records, summed up in a tree over the hashes of their keys, each node of it with 16 parts. Two
/// registries with the same root hold the same records; where roots differ, sixteen sums a level lead to what differs.
/// Beside it, sums over the leases that each node holds. Both change in O(1) with a record.
class ContentTree {
 public:
  static constexpr std::uint8_t levels = 4;
  static constexpr std::size_t parts = 16;
  static constexpr std::size_t leaves = 65'536;

  /// The slot's entry lives from now on, with this content hash; it must not be in the tree.
  void add(Slot& slot, const ContentHash& hash);
  /// Takes out what add() put in. The entry must still be the same.
  void remove(Slot& slot);

  std::uint64_t root() const { return root_; }
  /// Sums of the parts of a place above the leaves. Precondition: level < levels, place within the level.
  std::array<std::uint64_t, parts> sums(std::uint8_t level, std::uint32_t place) const;
  static std::uint32_t places(std::uint8_t level) { return std::uint32_t{1} << (4 * level); }

  /// Live slots of a leaf.
  const std::vector<Slot*>& leaf(std::uint32_t place) const { return leaves_[place].slots; }
  static std::uint32_t leaf_of(std::uint64_t key_hash) { return static_cast<std::uint32_t>(key_hash >> 48); }

  peer::HeldLeases held_by(const model::Origin& holder) const;

 private:
  struct Leaf {
    std::uint64_t sum = 0;
    std::vector<Slot*> slots;
  };

  std::vector<Leaf> leaves_{leaves};
  std::uint64_t root_ = 0;
  std::map<model::Origin, peer::HeldLeases> held_;
};

/// The same on all nodes.
std::uint64_t hash_of(std::string_view service, std::string_view id);

}  // namespace muster::core
