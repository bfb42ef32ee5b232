#pragma once

#include <cstddef>
#include <map>

namespace muster::net {

/// The memory of answers that wait for their readers. A body counts once, however many readers share it: while any of
/// them waits, it cannot be freed.
class UnsentBodies {
 public:
  /// A reader begins to wait for `body`, which is its address and no more.
  void add(const void* body, std::size_t bytes) {
    Waiting& waiting = bodies_[body];
    if (waiting.readers++ > 0) return;
    waiting.bytes = bytes;
    bytes_ += bytes;
  }
  void remove(const void* body) {
    const auto place = bodies_.find(body);
    if (--place->second.readers > 0) return;
    bytes_ -= place->second.bytes;
    bodies_.erase(place);
  }

  std::size_t bytes() const { return bytes_; }
  std::size_t bodies() const { return bodies_.size(); }

 private:
  struct Waiting {
    std::size_t readers = 0;
    std::size_t bytes = 0;
  };

  std::map<const void*, Waiting> bodies_;
  std::size_t bytes_ = 0;
};

}  // namespace muster::net
