#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "proto/model/version.hpp"

// What two nodes say to each other before they trust each other, as values and as CBOR. Unknown keys are ignored, so
// that a later version may add some.
namespace muster::peer {

inline constexpr std::uint32_t protocol_version = 1;
/// A greeting as it is sent. Longer ones are not read: the sender is a stranger as yet.
inline constexpr std::size_t greeting_bytes_max = 4096;
inline constexpr std::size_t cluster_bytes_max = 255;

using Nonce = std::array<std::uint8_t, 16>;
/// HMAC-SHA256.
using Code = std::array<std::uint8_t, 32>;

/// The first thing that each side says, without waiting for the other.
struct Hello {
  std::uint32_t protocol = protocol_version;
  std::vector<std::string> capabilities;  ///< at most 32 of at most 64 bytes; unknown ones mean nothing
  std::string cluster;                    ///< nodes of another cluster are refused
  model::Origin origin;
  std::string version;      ///< of the program, for people
  std::string address;      ///< under which the node serves, for people; may be empty
  bool has_secret = false;  ///< a proof follows, and one is expected
  Nonce nonce{};            ///< random, new for each connection

  bool operator==(const Hello&) const = default;
};

/// That the sender knows the secret of the cluster: see `Handshake`.
struct Proof {
  Code code{};
  bool operator==(const Proof&) const = default;
};

/// The sender has nothing against the receiver. Everything after it is replication.
struct Welcome {
  bool operator==(const Welcome&) const = default;
};

using Greeting = std::variant<Hello, Proof, Welcome>;

std::string write_greeting(const Greeting& greeting);

/// A greeting, or the sentence that says which field is wrong.
std::variant<Greeting, std::string> read_greeting(std::string_view bytes);

}  // namespace muster::peer
