#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "server/api/http.hpp"

// The seam at which a connection stops being one of HTTP and becomes the link of another node.
namespace muster::net {

/// The one target at which connections become WebSockets.
inline constexpr std::string_view peer_path = "/v1/peer";
/// What a hasty peer may send behind its request. A WebSocket waits for the answer, so there is usually nothing.
inline constexpr std::size_t early_bytes_max = 1024;

/// Owns a file descriptor. Never copied; -1 is none.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int descriptor) : descriptor_(descriptor) {}
  Descriptor(Descriptor&& other) noexcept : descriptor_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor();

  int get() const { return descriptor_; }
  /// Gives it away.
  int release();

 private:
  int descriptor_ = -1;
};

/// A connection whose request to become a WebSocket is in order, and not answered yet.
struct UpgradedConnection {
  Descriptor socket;   ///< connected, non-blocking, in no epoll set
  std::string key;     ///< Sec-WebSocket-Key
  std::string early;   ///< bytes read behind the request, at most early_bytes_max
  std::string caller;  ///< the IP address at the other end
};

/// Takes such connections. Called on the server's loop.
class Upgrades {
 public:
  /// Asked before each take(); false answers 503.
  virtual bool has_room() const = 0;
  virtual void take(UpgradedConnection connection) = 0;

 protected:
  ~Upgrades() = default;
};

struct UpgradeRefusal {
  unsigned status = 0;  ///< 0: nothing speaks against it
  std::string_view detail;
};

/// What speaks against a request for `peer_path`, by its words alone.
UpgradeRefusal judge_upgrade(const api::Request& request, bool http_1_0, std::size_t early_bytes);

}  // namespace muster::net
