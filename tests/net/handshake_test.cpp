// Goal: two nodes trust each other only if nothing speaks against it, and whoever is refused hears why. Method: both
// ends of the handshake, without sockets.
#include <catch2/catch.hpp>

#include <deque>
#include <vector>

#include "server/net/peers/handshake.hpp"

namespace muster {
namespace {

using net::Handshake;
using Role = Handshake::Role;
using State = Handshake::State;

struct End {
  std::uint64_t node = 1;
  std::uint64_t boot = 1;
  std::string cluster = "muster";
  std::string secret = "";
  std::uint8_t nonce = 0;
};

Handshake make(Role role, const End& end) {
  peer::Hello hello;
  hello.cluster = end.cluster;
  hello.origin = {end.node, end.boot};
  hello.version = "1";
  hello.nonce.fill(end.nonce);
  return Handshake(role, hello, end.secret);
}

/// Carries what both say until neither has more to say.
void converse(Handshake& a, Handshake& b) {
  std::deque<std::string> to_a{b.opening()};
  std::deque<std::string> to_b{a.opening()};
  const auto step = [](Handshake& to, std::deque<std::string>& in, std::deque<std::string>& out) {
    if (in.empty() || to.state() == State::refused || to.state() == State::ourselves) return false;
    const std::string said = in.front();
    in.pop_front();
    if (auto answer = to.take(said)) out.push_back(*answer);
    if (to.state() == State::verified) out.push_back(to.welcome());
    return true;
  };
  while (step(a, to_a, to_b) || step(b, to_b, to_a)) continue;
}

peer::Hello a_hello() {
  peer::Hello out;
  out.capabilities = {"a", "b"};
  out.cluster = "muster";
  out.origin = {~std::uint64_t{0}, 1};
  out.version = "0.1.0";
  out.address = "10.0.0.1:8761";
  out.has_secret = true;
  out.nonce.fill(7);
  return out;
}

std::string sentence(const std::string& bytes) {
  const auto read = peer::read_greeting(bytes);
  const auto* out = std::get_if<std::string>(&read);
  return out ? *out : std::string();
}

}  // namespace

TEST_CASE("greetings are read as they were written", "[net]") {
  peer::Code code{};
  code.fill(0xff);
  for (const peer::Greeting& greeting :
       {peer::Greeting(a_hello()), peer::Greeting(peer::Proof{code}), peer::Greeting(peer::Welcome{})}) {
    const std::string bytes = peer::write_greeting(greeting);
    CHECK(bytes.size() < 400);
    const auto read = peer::read_greeting(bytes);
    REQUIRE(std::holds_alternative<peer::Greeting>(read));
    CHECK((std::get<peer::Greeting>(read) == greeting));
    // Cut anywhere it is none, and says so.
    for (std::size_t size = 0; size < bytes.size(); ++size) CHECK_FALSE(sentence(bytes.substr(0, size)).empty());
    CHECK_FALSE(sentence(bytes + "x").empty());
  }
}

TEST_CASE("a wrong greeting is refused by the field that is wrong", "[net]") {
  peer::Hello hello = a_hello();
  hello.cluster = std::string(256, 'c');
  CHECK(sentence(peer::write_greeting(hello)) == "cluster of the greeting has more than 255 bytes");
  hello = a_hello();
  hello.address = "a\nb";
  CHECK(sentence(peer::write_greeting(hello)) == "address of the greeting holds control characters");
  hello = a_hello();
  hello.capabilities.assign(33, "c");
  CHECK(sentence(peer::write_greeting(hello)) == "capabilities of the greeting has more than 32 entries");
  hello = a_hello();
  hello.version = std::string(5000, 'v');
  CHECK(sentence(peer::write_greeting(hello)) == "the greeting has more than 4096 bytes");
  CHECK(sentence("\x01") == "the greeting is not a map");
  CHECK(sentence("\xa0") == "the greeting has no say");
  CHECK(sentence("\xa1\x63say\x01") == "say of the greeting is not a text");
  CHECK(sentence("\xa1\x63say\x62hi") == "the greeting says neither hello nor proof nor welcome");
  CHECK(sentence("\xa1\x63say\x65hello") == "the greeting has no protocol");
  CHECK(sentence("\xa2\x63say\x65hello\x68protocol\x20") == "protocol of the greeting is not a whole number");
  CHECK(sentence("\xa2\x63say\x65proof\x64"
                 "code\x41x") == "code of the greeting is not of 32 bytes");
  // Unknown keys are for later versions.
  CHECK(sentence("\xa2\x63say\x67welcome\x61x\x80").empty());
}

TEST_CASE("a greeting that nests without end does not use up the stack", "[net]") {
  for (const char byte : {'\x81', '\x9f', '\xbf', '\x7f', '\x5f', '\xc1', '\xa1'}) {
    INFO(static_cast<int>(byte));
    CHECK(sentence(std::string(peer::greeting_bytes_max, byte)) == "the greeting is not CBOR");
  }
}

TEST_CASE("two nodes that agree trust each other", "[net]") {
  const std::string secret = GENERATE("", "known to both");
  Handshake a = make(Role::dialed, {.node = 1, .secret = secret, .nonce = 1});
  Handshake b = make(Role::accepted, {.node = 2, .secret = secret, .nonce = 2});
  converse(a, b);
  CHECK(a.state() == State::done);
  CHECK(b.state() == State::done);
  CHECK(a.other().origin.node == 2);
  CHECK(b.other().origin.node == 1);
  CHECK(a.opening().find("known to both") == std::string::npos);
}

TEST_CASE("whatever speaks against the other is said", "[net]") {
  struct Case {
    End a;
    End b;
    std::string reason;  ///< of a
  };
  const std::string control = "bad\"\x01";
  const std::vector<Case> cases = {
      {{.cluster = "a"}, {.node = 2, .cluster = "b"}, R"(it is of cluster "b", this node of "a")"},
      {{.secret = "x"}, {.node = 2}, "it has no cluster.secret, this node has one"},
      {{}, {.node = 2, .secret = "x"}, "it has a cluster.secret, this node has none"},
      {{.secret = "x"}, {.node = 2, .secret = "y"}, "its cluster.secret is another"},
      {{.boot = 1}, {.boot = 2}, "it has this node's id: one data_dir is a copy of the other's"},
      {{},
       {.node = 2, .cluster = std::string(200, 'z')},
       R"(it is of cluster "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz...", this node of "muster")"},
  };
  for (const Case& one : cases) {
    INFO(one.reason);
    Handshake a = make(Role::dialed, one.a);
    Handshake b = make(Role::accepted, one.b);
    converse(a, b);
    CHECK(a.state() == State::refused);
    CHECK(a.reason() == one.reason);
    CHECK(b.state() != State::done);
    CHECK(a.reason().size() <= 120);
  }
}

TEST_CASE("a node that dialed itself knows", "[net]") {
  Handshake a = make(Role::dialed, {.node = 5, .boot = 6, .secret = "s", .nonce = 1});
  Handshake b = make(Role::accepted, {.node = 5, .boot = 6, .secret = "s", .nonce = 2});
  converse(a, b);
  CHECK(a.state() == State::ourselves);
  CHECK(b.state() == State::ourselves);
}

TEST_CASE("another protocol is refused by its number, whatever else its greeting holds", "[net]") {
  Handshake a = make(Role::dialed, {});
  a.take("\xa2\x63say\x65hello\x68protocol\x02");
  CHECK(a.state() == State::refused);
  CHECK(a.reason() == "protocol 2 is not spoken here, only 1");
}

TEST_CASE("a proof is worth nothing elsewhere", "[net]") {
  const End good{.node = 1, .secret = "s", .nonce = 1};
  const End other{.node = 2, .secret = "s", .nonce = 2};
  const auto proof_of = [](Handshake& of, Handshake& to) { return of.take(to.opening()).value(); };

  // Of an accepting end, kept from another connection.
  Handshake before = make(Role::accepted, other);
  Handshake asking = make(Role::dialed, good);
  const std::string kept = proof_of(before, asking);
  const auto refuses = [&](End now, const std::string& proof) {
    Handshake a = make(Role::dialed, now);
    Handshake b = make(Role::accepted, other);
    a.take(b.opening());
    a.take(proof);
    return a.state() == State::refused && a.reason() == "its cluster.secret is another";
  };
  CHECK_FALSE(refuses(good, kept));  // The same connection in all that counts.
  End fresh = good;
  fresh.nonce = 9;
  CHECK(refuses(fresh, kept));
  End third = good;
  third.node = 3;
  CHECK(refuses(third, kept));

  // One's own, sent back.
  Handshake a = make(Role::dialed, good);
  Handshake b = make(Role::accepted, other);
  const std::string own = proof_of(a, b);
  a.take(own);
  CHECK(a.state() == State::refused);
}

TEST_CASE("greetings come in their order", "[net]") {
  const std::string welcome = peer::write_greeting(peer::Welcome{});
  Handshake early = make(Role::accepted, {});
  early.take(welcome);
  CHECK(early.state() == State::refused);

  Handshake unproven = make(Role::accepted, {.secret = "s"});
  unproven.take(make(Role::dialed, {.node = 2, .secret = "s"}).opening());
  REQUIRE(unproven.state() == State::proof);
  unproven.take(welcome);
  CHECK(unproven.state() == State::refused);
  CHECK(unproven.reason() == "a proof of knowing cluster.secret is missing");

  Handshake twice = make(Role::accepted, {});
  const std::string hello = make(Role::dialed, {.node = 2}).opening();
  twice.take(hello);
  CHECK(twice.state() == State::verified);
  twice.take(hello);
  CHECK(twice.state() == State::refused);
}

}  // namespace muster
