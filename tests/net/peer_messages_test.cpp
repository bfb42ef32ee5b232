// Goal: messages pass whole and in order, in few pieces, and one peer that takes nothing harms nobody else. Method: two
// nodes, or a node and a peer that is played byte by byte, on one loop.
#include <catch2/catch.hpp>

#include <numeric>

#include "tests/net/cluster.hpp"
#include "tests/net/raw_peer.hpp"

namespace muster {

using std::chrono::milliseconds;
using test::identity;
using test::LinkedNode;
using test::message;
using test::RawPeer;
using test::run_until;

namespace {

struct Pair {
  explicit Pair(net::PeerOptions options = test::quick())
      : a(loop, identity(1), options), b(loop, identity(2), options) {
    a.peers().set_addresses({b.url()});
    if (!run_until(loop, [&] { return a.has(b.origin()) && b.has(a.origin()); })) throw std::runtime_error("no link");
  }

  boost::asio::io_context loop{1};
  LinkedNode a;
  LinkedNode b;
};

std::string pattern(std::size_t size) {
  std::string out(size, '\0');
  for (std::size_t place = 0; place < size; ++place) out[place] = static_cast<char>(place * 31 + place / 251);
  return out;
}

}  // namespace

TEST_CASE("messages of all sizes pass in order, both ways", "[net]") {
  Pair pair;
  std::vector<std::string> sent;
  for (const std::size_t size :
       {std::size_t{1}, std::size_t{0}, std::size_t{125}, std::size_t{126}, std::size_t{65'531}, std::size_t{65'532},
        std::size_t{65'533}, std::size_t{3 << 20}, std::size_t{7}})
    sent.push_back(pattern(size));
  std::uint64_t last = 0;
  for (const std::string& one : sent) {
    last = pair.a.peers().send(pair.b.origin(), message(one)).value();
    CHECK(pair.b.peers().send(pair.a.origin(), message(one)) == last);
  }
  CHECK(last == sent.size());
  REQUIRE(run_until(pair.loop, [&] {
    return pair.b.heard[pair.a.origin()].size() == sent.size() && pair.a.heard[pair.b.origin()].size() == sent.size();
  }));
  CHECK((pair.b.heard[pair.a.origin()] == sent));
  CHECK((pair.a.heard[pair.b.origin()] == sent));
  REQUIRE(run_until(pair.loop, [&] { return pair.a.peers().taken(pair.b.origin()) == last; }));
  CHECK(pair.a.took > 0);
  CHECK(pair.a.peers().queued(pair.b.origin()) == 0);
}

TEST_CASE("the largest message passes, a larger one ends the link", "[net]") {
  Pair pair;
  CHECK(pair.a.peers().send(pair.b.origin(), message(pattern(net::item_bytes_max))));
  REQUIRE(run_until(pair.loop, [&] { return pair.b.heard[pair.a.origin()].size() == 1; }));
  CHECK((pair.b.heard[pair.a.origin()][0] == pattern(net::item_bytes_max)));
  CHECK_FALSE(pair.a.peers().send(pair.b.origin(), message(std::string(net::item_bytes_max + 1, 'x'))));
  CHECK(pair.a.has(pair.b.origin()));  // Not from within the call.
  REQUIRE(run_until(pair.loop, [&] { return !pair.a.downs.empty() && !pair.b.downs.empty(); }));
  CHECK(pair.a.downs[0].second == "a message is larger than nodes take");
  REQUIRE(run_until(pair.loop, [&] { return pair.a.has(pair.b.origin()) && pair.b.has(pair.a.origin()); }));
}

TEST_CASE("many small messages are joined", "[net]") {
  Pair pair;
  constexpr std::size_t count = 10'000;
  const auto before = pair.b.peers().status().links.at(0).counts;
  for (std::size_t i = 0; i < count; ++i) CHECK(pair.a.peers().send(pair.b.origin(), message("0123456789")));
  REQUIRE(run_until(pair.loop, [&] { return pair.b.heard[pair.a.origin()].size() == count; }));
  REQUIRE(run_until(pair.loop, [&] { return pair.a.peers().taken(pair.b.origin()) == count; }));
  CHECK(pair.a.took <= 4);  // 140 kB are three batches.
  const auto counts = pair.b.peers().status().links.at(0).counts;
  CHECK(counts.messages_in - before.messages_in == count);
  CHECK(counts.bytes_in - before.bytes_in < count * 14 + 100);
  CHECK(pair.a.peers().status().links.at(0).counts.bytes_out >= count * 14);
}

TEST_CASE("a peer that takes nothing loses its link at the bound, and nobody else notices", "[net]") {
  net::PeerOptions options = test::quick();
  options.link.queue_bytes = 1 << 20;
  Pair pair(options);
  RawPeer frozen(pair.loop, pair.a.port(), 4096);
  frozen.greet(identity(9));
  REQUIRE(run_until(pair.loop, [&] { return pair.a.has({9, 1}); }));
  const net::Message load = message(std::string(50'000, 'x'));
  std::size_t sent = 0;
  std::size_t most = 0;
  // The kernel takes some megabytes; then the queue fills.
  REQUIRE(run_until(pair.loop, [&] {
    while (pair.a.has({9, 1}) && pair.a.peers().send({9, 1}, load) && ++sent % 10 != 0) continue;
    most = std::max(most, pair.a.peers().queued({9, 1}));
    return !pair.a.has({9, 1});
  }));
  CHECK(most <= options.link.queue_bytes);
  CHECK(pair.a.downs.at(0).second == "it takes too little of what it is sent");
  CHECK(load.use_count() == 1);  // Nothing of it is kept.
  CHECK_FALSE(pair.a.peers().send({9, 1}, load));
  CHECK(pair.a.peers().send(pair.b.origin(), message("well")));
  REQUIRE(run_until(pair.loop, [&] { return pair.b.heard[pair.a.origin()] == std::vector<std::string>{"well"}; }));
}

TEST_CASE("a peer that says nothing for too long loses its link", "[net]") {
  net::PeerOptions options = test::quick();
  options.link.silence = milliseconds(200);
  boost::asio::io_context loop(1);
  LinkedNode node(loop, identity(1), options);
  RawPeer silent(loop, node.port());
  silent.greet(identity(2));
  REQUIRE(run_until(loop, [&] { return node.has({2, 1}); }));
  const auto begin = std::chrono::steady_clock::now();
  while (std::chrono::steady_clock::now() - begin < milliseconds(400)) {
    silent.send(test::frame_of(test::item("beacon")));
    test::run_for(loop, milliseconds(20));
  }
  CHECK(node.has({2, 1}));
  CHECK(silent.farewell() == "nothing was heard of it for too long");
  CHECK_FALSE(node.has({2, 1}));
}

TEST_CASE("a peer that has much to say does not keep the loop", "[net]") {
  boost::asio::io_context loop(1);
  LinkedNode node(loop, identity(1));
  RawPeer talker(loop, node.port());
  talker.greet(identity(2));
  std::string payload;
  constexpr std::size_t count = 10'000;
  for (std::size_t i = 0; i < count; ++i) payload += test::item("x");
  talker.send(test::frame_of(payload));
  REQUIRE(run_until(loop, [&] { return node.heard_bytes > 0; }));
  CHECK(node.heard_bytes <= 64);  // One turn of the loop.
  REQUIRE(run_until(loop, [&] { return node.heard_bytes == count; }));
}

TEST_CASE("a link may be ended from within what it says", "[net]") {
  Pair pair;
  pair.b.on_said = [&](model::Origin, std::string_view) { pair.a.peers().set_addresses({}); };
  for (int i = 0; i < 200; ++i) CHECK(pair.a.peers().send(pair.b.origin(), message("x")));
  REQUIRE(run_until(pair.loop, [&] { return pair.a.up.empty() && pair.b.up.empty(); }));
}

}  // namespace muster
