#include "server/net/peers/handshake.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <cstdlib>
#include <exception>
#include <utility>

namespace muster::net {
namespace {

/// What a stranger said, between quotes, for a sentence: short and printable.
std::string shown(std::string_view text) {
  constexpr std::size_t longest = 32;
  std::string out = "\"";
  for (const char c : text.substr(0, longest)) out += c >= 0x20 && c < 0x7f && c != '"' ? c : '?';
  if (text.size() > longest) out += "...";
  return out + "\"";
}

void append_sized(std::string& to, std::string_view bytes) {
  for (unsigned shift = 0; shift < 32; shift += 8) to += static_cast<char>((bytes.size() >> shift) & 0xff);
  to += bytes;
}

peer::Hello with_secret(peer::Hello hello, bool has_secret) {
  hello.has_secret = has_secret;
  return hello;
}

}  // namespace

Handshake::Handshake(Role role, peer::Hello own, std::string secret)
    : role_(role),
      own_(with_secret(std::move(own), !secret.empty())),
      secret_(std::move(secret)),
      own_hello_(peer::write_greeting(own_)) {}

void Handshake::refuse(std::string reason) {
  reason_ = std::move(reason);
  state_ = State::refused;
}

std::optional<std::string> Handshake::take(std::string_view greeting) {
  const auto read = peer::read_greeting(greeting);
  if (const auto* wrong = std::get_if<std::string>(&read)) {
    refuse(*wrong);
    return std::nullopt;
  }
  const auto& said = std::get<peer::Greeting>(read);
  if (const auto* hello = std::get_if<peer::Hello>(&said); hello && state_ == State::hello)
    return take_hello(*hello, greeting);
  if (const auto* proof = std::get_if<peer::Proof>(&said); proof && state_ == State::proof) {
    take_proof(*proof);
    return std::nullopt;
  }
  const bool welcome = std::holds_alternative<peer::Welcome>(said);
  if (welcome && !welcomed_ && (state_ == State::verified || state_ == State::welcome)) {
    welcomed_ = true;
    if (state_ == State::welcome) state_ = State::done;
    return std::nullopt;
  }
  refuse(state_ == State::proof ? "a proof of knowing cluster.secret is missing" : "a greeting came out of turn");
  return std::nullopt;
}

std::optional<std::string> Handshake::take_hello(const peer::Hello& hello, std::string_view bytes) {
  if (hello.protocol != peer::protocol_version) {
    refuse("protocol " + std::to_string(hello.protocol) + " is not spoken here, only " +
           std::to_string(peer::protocol_version));
    return std::nullopt;
  }
  if (hello.origin == own_.origin) {
    state_ = State::ourselves;
    reason_ = "this node itself";
    return std::nullopt;
  }
  if (hello.cluster != own_.cluster) {
    refuse("it is of cluster " + shown(hello.cluster) + ", this node of " + shown(own_.cluster));
  } else if (hello.origin.node == own_.origin.node) {
    refuse("it has this node's id: one data_dir is a copy of the other's");
  } else if (hello.has_secret && secret_.empty()) {
    refuse("it has a cluster.secret, this node has none");
  } else if (!hello.has_secret && !secret_.empty()) {
    refuse("it has no cluster.secret, this node has one");
  } else {
    other_ = hello;
    other_hello_ = bytes;
    state_ = secret_.empty() ? State::verified : State::proof;
    if (state_ == State::proof) return peer::write_greeting(peer::Proof{code_of(role_)});
  }
  return std::nullopt;
}

void Handshake::take_proof(const peer::Proof& proof) {
  const peer::Code expected = code_of(role_ == Role::dialed ? Role::accepted : Role::dialed);
  if (CRYPTO_memcmp(expected.data(), proof.code.data(), expected.size()) != 0)
    return refuse("its cluster.secret is another");
  state_ = State::verified;
}

std::string Handshake::welcome() {
  if (state_ != State::verified) std::terminate();
  state_ = welcomed_ ? State::done : State::welcome;
  return peer::write_greeting(peer::Welcome{});
}

peer::Code Handshake::code_of(Role sender) const {
  std::string text = "muster peer 1";
  text += sender == Role::dialed ? 'd' : 'a';
  append_sized(text, role_ == Role::dialed ? own_hello_ : other_hello_);
  append_sized(text, role_ == Role::dialed ? other_hello_ : own_hello_);
  peer::Code out{};
  unsigned size = 0;
  const auto* made = ::HMAC(::EVP_sha256(), secret_.data(), static_cast<int>(secret_.size()),
                            reinterpret_cast<const unsigned char*>(text.data()), text.size(), out.data(), &size);
  if (!made || size != out.size()) std::terminate();  // Out of memory at best; a proof of zeros would be one for all.
  return out;
}

}  // namespace muster::net
