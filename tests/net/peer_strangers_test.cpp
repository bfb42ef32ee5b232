// Goal: strangers at /v1/peer get a reason, and no memory, link or connection of ours for long. Method: requests and
// frames that no node would send.
#include <catch2/catch.hpp>

#include <memory>
#include <vector>

#include "tests/net/cluster.hpp"
#include "tests/net/raw_peer.hpp"

namespace muster {

using std::chrono::milliseconds;
using test::binary_frame;
using test::frame_of;
using test::identity;
using test::item;
using test::LinkedNode;
using test::RawPeer;
using test::run_until;
using test::text_frame;

namespace {

constexpr const char* good =
    "Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n";

std::string without(std::string text, const std::string& part, const std::string& with = "") {
  return text.replace(text.find(part), part.size(), with);
}

}  // namespace

TEST_CASE("a request for the link that is not in order is refused with a sentence", "[net]") {
  boost::asio::io_context loop(1);
  LinkedNode node(loop, identity(1));
  struct Case {
    std::string request;
    unsigned status;
    std::string detail;
  };
  const std::string get = "GET /v1/peer HTTP/1.1\r\nHost: h\r\n";
  const std::vector<Case> cases = {
      {get + "\r\n", 426, "nodes of a cluster speak to each other here"},
      {"POST /v1/peer HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n", 426, "over a WebSocket"},
      {"POST /v1/peer HTTP/1.1\r\nHost: h\r\n" + std::string(good) + "Content-Length: 0\r\n\r\n", 400, "GET"},
      {get + good + "Origin: http://page\r\n\r\n", 403, "not for browsers"},
      {get + without(good, "13", "8") + "\r\n", 426, "only version 13"},
      {get + without(good, "keep-alive, Upgrade", "close") + "\r\n", 400, "Connection"},
      {get + without(good, "AAAAAAAAAAAAAAAAAAAAAA==", "AAAA") + "\r\n", 400, "Sec-WebSocket-Key"},
      {get + without(good, "AAAAAAAAAAAAAAAAAAAAAA==", "AAAAAAAAAA AAAAAAAAAAA==") + "\r\n", 400, "Sec-WebSocket-Key"},
      {get + good + "Content-Length: 1\r\n\r\nx", 400, "no body"},
      {get + good + "\r\n" + std::string(2000, 'x'), 400, "waits for the answer"},
      {"GET /v1/peer HTTP/1.0\r\nHost: h\r\n" + std::string(good) + "\r\n", 400, "HTTP/1.1"},
  };
  for (const Case& one : cases) {
    INFO(one.request);
    RawPeer stranger(loop, node.port());
    stranger.send(one.request);
    CHECK(stranger.status() == one.status);
    if (one.status == 426) {
      CHECK(stranger.head().find("Upgrade: websocket") != std::string::npos);
      CHECK(stranger.head().find("Sec-WebSocket-Version: 13") != std::string::npos);
    }
    CHECK(stranger.head().find("application/problem+json") != std::string::npos);
    CHECK(stranger.rest().find(one.detail) != std::string::npos);
  }
  CHECK(node.server().stats().upgraded == 0);
}

TEST_CASE("an upgrade for another target is none of ours, and a request goes to the handler", "[net]") {
  boost::asio::io_context loop(1);
  LinkedNode node(loop, identity(1));
  RawPeer client(loop, node.port());
  client.send("GET /v1/node HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\r\n");
  CHECK(client.status() == 200);
  client.send("GET /v1/peers HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(client.status() == 200);
}

TEST_CASE("a peer that does not wait for the answer to its request is understood", "[net]") {
  boost::asio::io_context loop(1);
  LinkedNode node(loop, identity(1));
  RawPeer hasty(loop, node.port());
  const std::string hello = test::handshake_of(identity(2), net::Handshake::Role::dialed).opening();
  hasty.send("GET /v1/peer HTTP/1.1\r\nHost: h\r\n" + std::string(good) + "\r\n" + frame_of(item(hello)) +
             frame_of(item(peer::write_greeting(peer::Welcome{}))));
  CHECK(hasty.status() == 101);
  REQUIRE(run_until(loop, [&] { return node.has({2, 1}); }));
}

TEST_CASE("links do not count among the clients, and have a bound of their own", "[net]") {
  boost::asio::io_context loop(1);
  net::PeerOptions options = test::quick();
  options.link.greet_timeout = std::chrono::seconds(60);
  LinkedNode node(loop, identity(1), options);
  std::vector<std::unique_ptr<RawPeer>> peers;
  for (std::size_t i = 0; i < 32; ++i) {
    peers.push_back(std::make_unique<RawPeer>(loop, node.port()));
    REQUIRE(peers.back()->upgrade() == 101);
  }
  CHECK(node.server().stats().open == 0);
  CHECK(node.server().stats().upgraded == 32);
  // One more takes the place of the first; a node that comes does so, too, and stays.
  RawPeer one_more(loop, node.port());
  CHECK(one_more.upgrade() == 101);
  CHECK(peers.front()->is_closed());
  LinkedNode other(loop, identity(2), options);
  other.peers().set_addresses({node.url()});
  REQUIRE(run_until(loop, [&] { return node.has(other.origin()) && other.has(node.origin()); }));
  CHECK(peers[1]->is_closed());
  for (std::size_t i = 0; i < 40; ++i) CHECK(RawPeer(loop, node.port()).upgrade() == 101);
  CHECK(node.has(other.origin()));
  CHECK(node.downs.empty());
}

TEST_CASE("where all links are trusted one more has no room", "[net]") {
  boost::asio::io_context loop(1);
  net::PeerOptions options = test::quick();
  options.accepted_max = 1;
  LinkedNode node(loop, identity(1), options);
  LinkedNode other(loop, identity(2));
  other.peers().set_addresses({node.url()});
  REQUIRE(run_until(loop, [&] { return node.has(other.origin()); }));
  CHECK(RawPeer(loop, node.port()).upgrade() == 503);
}

TEST_CASE("whoever does not greet as a node does is told and closed", "[net]") {
  boost::asio::io_context loop(1);
  net::PeerOptions options = test::quick();
  options.link.greet_timeout = milliseconds(300);
  LinkedNode node(loop, identity(1), options);
  RawPeer stranger(loop, node.port());
  REQUIRE(stranger.upgrade() == 101);
  const std::string hello = test::handshake_of(identity(2), net::Handshake::Role::dialed).opening();
  SECTION("text") {
    stranger.send(frame_of(item(hello), text_frame));
    CHECK(stranger.is_closed());
    CHECK(node.refusals.size() + node.downs.size() <= 1);
  }
  SECTION("garbage") {
    stranger.send(frame_of(item("garbage")));
    CHECK(stranger.farewell() == "the greeting is not CBOR");
  }
  SECTION("nothing but a hello") {
    stranger.send(frame_of(item(hello)));
    CHECK(stranger.farewell() == "it did not greet as a node does in time");
  }
  SECTION("nothing at all") {
    CHECK(stranger.farewell() == "it did not greet as a node does in time");
  }
  SECTION("an item without its end") {
    stranger.send(frame_of(item(hello).substr(0, 20)));
    CHECK(stranger.farewell() == "it sent a message whose lengths are wrong");
  }
  SECTION("less than a length") {
    stranger.send(frame_of("ab"));
    CHECK(stranger.farewell() == "it sent a message whose lengths are wrong");
  }
  SECTION("a long greeting") {
    stranger.send(frame_of(item(std::string(5000, 'x'))));
    CHECK(stranger.is_closed());
  }
  SECTION("a frame that claims to be huge") {
    stranger.send(frame_of("x", binary_frame, std::size_t{1} << 62));
    CHECK(stranger.is_closed());
  }
  SECTION("replication before the welcome") {
    stranger.send(frame_of(item(hello) + item("changes")));
    CHECK(stranger.farewell() == "the greeting is not CBOR");
  }
  SECTION("no WebSocket at all") {
    stranger.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    CHECK(stranger.is_closed());
  }
  SECTION("this node itself") {
    stranger.send(frame_of(item(test::handshake_of(identity(1), net::Handshake::Role::dialed).opening())));
    CHECK(stranger.farewell() == "this node itself");
  }
  CHECK(node.up.empty());
  CHECK(node.heard.empty());
  REQUIRE(run_until(loop, [&] { return node.peers().status().links.empty(); }));
}

TEST_CASE("a peer that lies about lengths loses its link", "[net]") {
  boost::asio::io_context loop(1);
  net::PeerOptions options = test::quick();
  options.link.silence = milliseconds(300);
  LinkedNode node(loop, identity(1), options);
  RawPeer liar(loop, node.port());
  liar.greet(identity(2));
  REQUIRE(run_until(loop, [&] { return node.has({2, 1}); }));
  const std::string good_item = item("good");
  SECTION("beyond the end") {
    liar.send(frame_of(good_item + std::string("\x05\0\0\0four", 8)));
    CHECK(liar.farewell() == "it sent a message whose lengths are wrong");
    CHECK(node.heard[{2, 1}] == std::vector<std::string>{"good"});
  }
  SECTION("four gigabytes") {
    liar.send(frame_of(std::string("\xff\xff\xff\xff", 4)));
    CHECK(liar.farewell() == "it sent a message whose lengths are wrong");
  }
  SECTION("a frame longer than any message") {
    liar.send(frame_of("x", binary_frame, net::item_bytes_max + 5));
    CHECK(liar.is_closed());
  }
  REQUIRE(run_until(loop, [&] { return !node.has({2, 1}); }));
}

TEST_CASE("a stranger cannot put out a linked node without the secret", "[net]") {
  boost::asio::io_context loop(1);
  net::PeerIdentity mine = identity(1);
  net::PeerIdentity theirs = identity(2);
  mine.secret = theirs.secret = "known to both";
  LinkedNode node(loop, mine);
  LinkedNode other(loop, theirs);
  other.peers().set_addresses({node.url()});
  REQUIRE(run_until(loop, [&] { return node.has({2, 1}) && other.has({1, 1}); }));
  RawPeer stranger(loop, node.port());
  net::PeerIdentity forged = identity(2, 99);
  forged.secret = "guessed";
  CHECK_THROWS(stranger.greet(forged));
  test::run_for(loop, milliseconds(100));
  CHECK(node.has({2, 1}));
  CHECK(node.downs.empty());
  CHECK(node.refusals == std::vector<std::string>{"its cluster.secret is another"});
}

TEST_CASE("a peer that dials again replaces its own link", "[net]") {
  boost::asio::io_context loop(1);
  LinkedNode node(loop, identity(GENERATE(1u, 9u)));
  RawPeer first(loop, node.port());
  first.greet(identity(5));
  REQUIRE(run_until(loop, [&] { return node.has({5, 1}); }));
  RawPeer second(loop, node.port());
  second.greet(identity(5));
  CHECK(first.farewell() == "another link of both nodes replaces it");
  second.send(frame_of(item("hear me")));
  REQUIRE(run_until(loop, [&] { return node.heard[{5, 1}] == std::vector<std::string>{"hear me"}; }));
  CHECK(node.peers().status().links.size() == 1);
}

}  // namespace muster
