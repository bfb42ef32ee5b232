#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "server/core/slot.hpp"

namespace muster::core {

/// All live slots in the order (service, id), in runs ("leaves") of at most Segment::instances_max. A leaf's immutable
/// Segment is made when somebody asks for it and kept until an instance of the leaf changes, so that a full view costs
/// O(leaves) and a change makes one segment anew. Runs on the registry loop; slots outlive their stay here.
class OrderedLeaves {
 public:
  void insert(Slot& slot);
  void erase(const Slot& slot);
  /// The slot's entry was replaced.
  void touch(const Slot& slot);

  std::vector<SegmentPtr> segments();
  /// The slices that make up one service.
  std::vector<Slice> slices(std::string_view service);

  std::size_t leaves() const { return leaves_.size(); }

 private:
  struct Leaf {
    std::vector<Slot*> slots;
    SegmentPtr segment;  ///< null: to be made anew
  };
  using Leaves = std::vector<std::unique_ptr<Leaf>>;

  Leaves::iterator leaf_for(std::string_view service, std::string_view id);
  void split(Leaves::iterator leaf);
  void join_small(Leaves::iterator leaf);
  static const SegmentPtr& segment(Leaf& leaf);

  Leaves leaves_;  ///< none empty
};

}  // namespace muster::core
