#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

// A WebSocket message is a sequence of items, each its length (32 bits, little-endian) and its bytes, so that many
// small messages cost one system call. No item goes over the end of its WebSocket message.
namespace muster::net {

/// What a node says, shared by all links that it goes to.
using Message = std::shared_ptr<const std::string>;

inline constexpr std::size_t item_head_bytes = 4;
inline constexpr std::size_t item_bytes_max = 4 << 20;
/// Items are joined up to here; a longer one goes alone.
inline constexpr std::size_t batch_bytes_max = 64 * 1024;

/// Walks the items of one WebSocket message.
class ItemReader {
 public:
  ItemReader() = default;
  ItemReader(std::string_view bytes, std::size_t item_limit) : rest_(bytes), item_limit_(item_limit) {}

  bool at_end() const { return rest_.empty(); }
  /// Precondition: not at_end(). None: the bytes are no items.
  std::optional<std::string_view> next();

 private:
  std::string_view rest_;
  std::size_t item_limit_ = 0;
};

/// Messages that wait for a socket, and the batch that it is taking. Bounded in bytes by its owner.
class Outgoing {
 public:
  struct Batch {
    std::string_view first;
    std::string_view second;  ///< a long message is not copied
    std::shared_ptr<const void> keep;
    std::size_t messages = 0;
  };

  /// Greetings are not joined with anything: until the other side trusts this one, it takes short messages only.
  void add_greeting(std::string bytes);
  void add(Message message);

  bool empty() const { return greetings_.empty() && queue_.empty(); }
  /// What waits and what is being taken.
  std::size_t bytes() const { return bytes_; }

  /// The next batch. Its bytes stay until taken(), or for as long as `keep`. Precondition: not empty(), and no other
  /// batch is out.
  Batch next();
  /// The socket has the batch. Returns how many messages of add() were in it.
  std::size_t taken();

 private:
  void append(const std::string& message);

  std::deque<std::string> greetings_;
  std::deque<Message> queue_;
  std::shared_ptr<std::string> joined_;  ///< lives on with the socket when the link goes first
  std::size_t bytes_ = 0;
  std::size_t batch_bytes_ = 0;     ///< of what bytes_ counts
  std::size_t batch_messages_ = 0;  ///< of add()
};

}  // namespace muster::net
