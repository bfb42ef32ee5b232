#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/peer/hello.hpp"

namespace muster::net {

/// How one connection of two nodes comes to be trusted. Knows no socket, clock or randomness.
///
///     both: Hello      at once
///     both: Proof      where both have a secret, after the other's hello
///     both: Welcome    when nothing speaks against the other
///
/// A proof is HMAC-SHA256 by the secret over the role of its sender and both hellos as they were sent, so over both
/// nonces, origins and the cluster: it cannot be replayed, reflected or taken to another pair.
class Handshake {
 public:
  enum class Role : std::uint8_t { dialed, accepted };  ///< of this end
  enum class State : std::uint8_t {
    hello,     ///< waits for the other's hello
    proof,     ///< waits for its proof
    verified,  ///< nothing speaks against the other: welcome() is due
    welcome,   ///< waits for its welcome
    done,
    refused,    ///< reason() says why
    ourselves,  ///< the other end is this very process
  };

  /// `own` is what this side says, its nonce included; own.has_secret is taken from `secret`, which may be empty.
  Handshake(Role role, peer::Hello own, std::string secret);

  /// Said first, without waiting.
  const std::string& opening() const { return own_hello_; }
  /// Takes what the other said. Returns what is to be said next, if anything; state() tells how it stands.
  std::optional<std::string> take(std::string_view greeting);
  /// Precondition: `verified`. What is to be said; the state becomes `welcome`, or `done`.
  std::string welcome();

  State state() const { return state_; }
  Role role() const { return role_; }
  /// A sentence for the other side and for people. Holds no bytes that are not printable ASCII.
  const std::string& reason() const { return reason_; }
  /// As the other said, from `proof` or `verified` on; proven from `verified` on, where there is a secret.
  const peer::Hello& other() const { return other_; }

 private:
  std::optional<std::string> take_hello(const peer::Hello& hello, std::string_view bytes);
  void take_proof(const peer::Proof& proof);
  void refuse(std::string reason);
  peer::Code code_of(Role sender) const;

  const Role role_;
  const peer::Hello own_;
  const std::string secret_;
  std::string own_hello_;    ///< as sent
  std::string other_hello_;  ///< as sent
  peer::Hello other_;
  State state_ = State::hello;
  bool welcomed_ = false;  ///< the other has said so, before this side was as far
  std::string reason_;
};

}  // namespace muster::net
