// Goal: nodes that are given the same list find each other, and each pair keeps exactly one link. Method: several nodes
// on loopback ports and one loop.
#include <catch2/catch.hpp>

#include <algorithm>
#include <memory>
#include <vector>

#include <boost/asio/ip/tcp.hpp>

#include "tests/net/cluster.hpp"

namespace muster {

using net::PeerState;
using std::chrono::milliseconds;
using test::identity;
using test::LinkedNode;
using test::message;
using test::run_for;
using test::run_until;

namespace {

using Nodes = std::vector<std::unique_ptr<LinkedNode>>;

std::size_t links(Nodes& nodes) {
  std::size_t out = 0;
  for (auto& node : nodes) out += node->peers().status().links.size();
  return out;
}

/// Both ends of every pair agree on who dialed, and there is a link for every pair.
bool is_whole(Nodes& nodes) {
  for (auto& a : nodes) {
    for (auto& b : nodes) {
      if (a == b) continue;
      if (!a->has(b->origin()) || !b->has(a->origin())) return false;
      if (a->up[b->origin()].dialed == b->up[a->origin()].dialed) return false;
    }
  }
  return links(nodes) == nodes.size() * (nodes.size() - 1);
}

}  // namespace

TEST_CASE("nodes find each other by one list that names them all, twice and under several names", "[net]") {
  const std::size_t count = GENERATE(2u, 3u, 5u);
  CAPTURE(count);
  boost::asio::io_context loop(1);
  Nodes nodes;
  std::vector<std::string> list;
  for (std::size_t i = 0; i < count; ++i) {
    nodes.push_back(std::make_unique<LinkedNode>(loop, identity(10 + i)));
    const std::string port = std::to_string(nodes.back()->port());
    for (const std::string& name : {"http://127.0.0.1:" + port, "localhost:" + port, "127.0.0.1:" + port + "/",
                                    "http://localhost:" + port + "/eureka/"})
      list.insert(i % 2 == 0 ? list.end() : list.begin(), name);
  }
  for (auto& node : nodes) node->peers().set_addresses(list);
  REQUIRE(run_until(loop, [&] { return is_whole(nodes); }));
  for (auto& node : nodes) node->downs.clear();
  run_for(loop, milliseconds(600));
  CHECK(is_whole(nodes));
  for (auto& node : nodes) CHECK(node->downs.empty());

  for (auto& node : nodes) {
    std::size_t ourselves = 0;
    for (const net::PeerAddressStatus& one : node->peers().status().addresses) {
      INFO(one.address << " " << one.reason);
      CHECK((one.state == PeerState::connected || one.state == PeerState::ourselves));
      ourselves += one.state == PeerState::ourselves;
    }
    CHECK(ourselves == 4);
  }
  // The node with the lower id dialed.
  CHECK(nodes[0]->up[nodes[1]->origin()].dialed);
  CHECK_FALSE(nodes[1]->up[nodes[0]->origin()].dialed);
  // Which of two links to keep is settled by refusing one; that is nobody's concern.
  for (auto& node : nodes)
    for (const std::string& refusal : node->refusals) CHECK(refusal.find("have a link already") == std::string::npos);
}

TEST_CASE("nodes with many addresses have one link all the same", "[net]") {
  boost::asio::io_context loop(1);
  Nodes nodes;
  std::vector<std::string> list;
  for (std::uint64_t i = 0; i < 3; ++i) {
    nodes.push_back(std::make_unique<LinkedNode>(loop, identity(10 + i), test::quick(), 0, "0.0.0.0"));
    for (const char* address : {"127.0.0.1:", "127.0.0.2:", "127.0.0.3:", "127.0.0.4:"})
      list.push_back(address + std::to_string(nodes.back()->port()));
  }
  for (auto& node : nodes) node->peers().set_addresses(list);
  const auto is_known = [&] {
    for (auto& node : nodes)
      for (const net::PeerAddressStatus& one : node->peers().status().addresses)
        if (one.state != PeerState::connected && one.state != PeerState::ourselves) return false;
    return is_whole(nodes);
  };
  REQUIRE(run_until(loop, is_known));
  for (auto& node : nodes) node->downs.clear();
  run_for(loop, milliseconds(600));
  CHECK(is_known());
  for (auto& node : nodes) CHECK(node->downs.empty());
}

TEST_CASE("an address where nobody answers is unavailable, with the reason", "[net]") {
  boost::asio::io_context loop(1);
  net::PeerOptions options = test::quick();
  options.link.greet_timeout = milliseconds(100);
  LinkedNode node(loop, identity(1), options);
  std::string reason;
  // The kernel completes connections to a listener whose process is frozen.
  boost::asio::ip::tcp::acceptor frozen(loop, {boost::asio::ip::make_address("127.0.0.1"), 0});
  const std::string port = std::to_string(frozen.local_endpoint().port());
  SECTION("a frozen process") {
    reason = "it did not greet as a node does in time";
  }
  SECTION("no process") {
    frozen.close();
    reason = "Connection refused";
  }
  node.peers().set_addresses({"127.0.0.1:" + port});
  REQUIRE(run_until(loop, [&] { return node.first().state == PeerState::unavailable; }));
  CHECK(node.first().reason == reason);
  CHECK(node.refusals.empty());
}

TEST_CASE("a link that only the node with the higher id can dial is taken", "[net]") {
  boost::asio::io_context loop(1);
  LinkedNode low(loop, identity(1));
  LinkedNode high(loop, identity(2));
  high.peers().set_addresses({low.url()});
  REQUIRE(run_until(loop, [&] { return low.has(high.origin()) && high.has(low.origin()); }));
  CHECK(high.up[low.origin()].dialed);
  CHECK(low.up[high.origin()].version == "1.2.3");

  // Once the other may dial too, that is the one which both keep.
  low.peers().set_addresses({high.url()});
  REQUIRE(run_until(loop, [&] { return high.has(low.origin()) && !high.up[low.origin()].dialed; }));
  REQUIRE(run_until(loop, [&] { return low.has(high.origin()) && low.up[high.origin()].dialed; }));
  run_for(loop, milliseconds(200));
  CHECK(low.peers().status().links.size() == 1);
  CHECK(high.peers().status().links.size() == 1);
}

TEST_CASE("a node that starts later, or again with a new boot, is found", "[net]") {
  boost::asio::io_context loop(1);
  auto first = std::make_unique<LinkedNode>(loop, identity(7, 1));
  LinkedNode other(loop, identity(GENERATE(3u, 9u)));
  const std::uint16_t port = first->port();
  const std::vector<std::string> list{first->url(), other.url()};
  other.peers().set_addresses(list);
  first->peers().set_addresses(list);
  REQUIRE(run_until(loop, [&] { return other.has({7, 1}) && first->has(other.origin()); }));
  first.reset();
  REQUIRE(run_until(loop, [&] { return !other.has({7, 1}); }));
  REQUIRE(run_until(loop, [&] { return other.first().state == PeerState::unavailable; }));
  CHECK_FALSE(other.first().reason.empty());

  LinkedNode second(loop, identity(7, 2), test::quick(), port);
  second.peers().set_addresses(list);
  REQUIRE(run_until(loop, [&] { return other.has({7, 2}) && second.has(other.origin()); }));
  CHECK(other.first().state == PeerState::connected);
  CHECK(other.first().endpoints.at(0).node->boot == 2);
  CHECK(other.first().reason.empty());
}

TEST_CASE("a newer boot replaces an older one whose link still stands, and never the other way", "[net]") {
  boost::asio::io_context loop(1);
  LinkedNode node(loop, identity(1));
  LinkedNode before(loop, identity(7, 5));
  before.peers().set_addresses({node.url()});
  REQUIRE(run_until(loop, [&] { return node.has({7, 5}) && before.has(node.origin()); }));
  LinkedNode after(loop, identity(7, 6));
  after.peers().set_addresses({node.url()});
  REQUIRE(run_until(loop, [&] { return node.has({7, 6}) && after.has(node.origin()); }));
  CHECK_FALSE(node.has({7, 5}));
  REQUIRE(node.downs.size() == 1);
  CHECK(node.downs[0].second == "the node has started anew");
  // The older one keeps trying, and is told why it stays out.
  REQUIRE(run_until(loop, [&] {
    return before.first().state == PeerState::refused && before.first().reason.find("newer boot") != std::string::npos;
  }));
  CHECK(node.has({7, 6}));
}

TEST_CASE("the list changes while the node runs", "[net]") {
  boost::asio::io_context loop(1);
  LinkedNode a(loop, identity(1));
  LinkedNode b(loop, identity(2));
  LinkedNode c(loop, identity(3));
  a.peers().set_addresses({b.url()});
  REQUIRE(run_until(loop, [&] { return a.has(b.origin()) && b.has(a.origin()); }));
  a.peers().set_addresses({c.url(), "http://localhost:" + std::to_string(b.port()), "https://b", "nowhere.invalid"});
  REQUIRE(run_until(loop, [&] { return a.has(c.origin()) && c.has(a.origin()); }));
  REQUIRE(run_until(loop, [&] {
    const auto status = a.peers().status().addresses;
    return status.at(3).state == PeerState::unresolved && !status.at(3).reason.empty();
  }));
  const auto status = a.peers().status().addresses;
  CHECK(status.at(1).state == PeerState::connected);
  CHECK(status.at(2).state == PeerState::invalid);
  CHECK(status.at(2).reason.find("TLS") != std::string::npos);
  // The same node under another name is no reason to part.
  CHECK(a.downs.empty());

  a.peers().set_addresses({c.url()});
  REQUIRE(run_until(loop, [&] { return !a.has(b.origin()) && !b.has(a.origin()); }));
  CHECK(a.has(c.origin()));
  REQUIRE(b.downs.size() == 1);
  CHECK(b.downs[0].second == "it says: the node is in the list of peers no more");
  a.peers().set_addresses({});
  REQUIRE(run_until(loop, [&] { return a.up.empty(); }));
  CHECK(a.peers().status().addresses.empty());
}

TEST_CASE("nodes that must not be linked are not, and both are told why", "[net]") {
  boost::asio::io_context loop(1);
  net::PeerIdentity mine = identity(1);
  net::PeerIdentity theirs = identity(2);
  std::string reason;
  SECTION("another cluster") {
    theirs.cluster = "other";
    reason = R"(it is of cluster "other", this node of "muster")";
  }
  SECTION("another secret") {
    mine.secret = "one";
    theirs.secret = "two";
    reason = "its cluster.secret is another";
  }
  SECTION("only one has a secret") {
    mine.secret = "one";
    reason = "it has no cluster.secret, this node has one";
  }
  SECTION("only the other has a secret") {
    theirs.secret = "one";
    reason = "it has a cluster.secret, this node has none";
  }
  SECTION("a copy of the data directory") {
    theirs.origin.node = 1;
    theirs.origin.boot = 2;
    reason = "it has this node's id: one data_dir is a copy of the other's";
  }
  LinkedNode me(loop, mine);
  LinkedNode they(loop, theirs);
  me.peers().set_addresses({they.url()});
  REQUIRE(run_until(loop, [&] { return me.first().state == PeerState::refused; }));
  CHECK(me.first().reason == reason);
  REQUIRE(run_until(loop, [&] { return !they.refusals.empty(); }));
  run_for(loop, milliseconds(300));
  CHECK(me.up.empty());
  CHECK(they.up.empty());
  CHECK(me.refusals.size() >= 2);  // It goes on trying: somebody may repair it.
}

TEST_CASE("nodes with the same secret are linked", "[net]") {
  boost::asio::io_context loop(1);
  net::PeerIdentity one = identity(1);
  net::PeerIdentity two = identity(2);
  one.secret = two.secret = "known to both";
  LinkedNode a(loop, one);
  LinkedNode b(loop, two);
  a.peers().set_addresses({a.url(), b.url()});
  b.peers().set_addresses({a.url(), b.url()});
  REQUIRE(run_until(loop, [&] { return a.has(b.origin()) && b.has(a.origin()); }));
}

TEST_CASE("a server that is no node is refused with what it answered", "[net]") {
  boost::asio::io_context loop(1);
  LinkedNode node(loop, identity(1));
  LinkedNode deaf(loop, identity(2));
  deaf.server().set_upgrades(nullptr);
  node.peers().set_addresses({deaf.url()});
  REQUIRE(run_until(loop, [&] { return node.first().state == PeerState::refused; }));
  CHECK(node.first().reason == "it answers 400 Bad Request and takes no link");
}

TEST_CASE("a node that leaves sends what waits and says so", "[net]") {
  boost::asio::io_context loop(1);
  LinkedNode a(loop, identity(1));
  LinkedNode b(loop, identity(2));
  a.peers().set_addresses({b.url()});
  REQUIRE(run_until(loop, [&] { return a.has(b.origin()) && b.has(a.origin()); }));
  for (int i = 0; i < 100; ++i) CHECK(a.peers().send(b.origin(), message(std::string(10'000, 'x'))));
  bool done = false;
  a.peers().drain(std::chrono::seconds(10), [&] { done = true; });
  REQUIRE(run_until(loop, [&] { return done && !b.has(a.origin()); }));
  CHECK(b.heard[a.origin()].size() == 100);
  CHECK(b.downs.at(0).second == "it says: the node is shutting down");
  CHECK(a.downs.size() == 1);
  CHECK_FALSE(a.peers().has_room());
}

}  // namespace muster
