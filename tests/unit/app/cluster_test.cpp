#include <catch2/catch.hpp>

#include "server/app/cluster.hpp"

// Goal: the number of nodes that a careless list stands for is found, since readiness and isolation depend on it.
namespace muster::app {
namespace {

using net::PeerAddressStatus;
using net::PeerEndpointStatus;
using net::PeerState;

PeerEndpointStatus at(std::string endpoint, PeerState state, std::uint64_t node = 0) {
  PeerEndpointStatus out{std::move(endpoint), state, {}, {}};
  if (node) out.node = model::Origin{node, 1};
  return out;
}

PeerAddressStatus entry(std::vector<PeerEndpointStatus> endpoints) {
  return {"name", PeerState::connecting, {}, std::move(endpoints)};
}

}  // namespace

TEST_CASE("a node is counted once, whatever its names, and this one never") {
  CHECK(expected_nodes({}) == 0);
  CHECK(expected_nodes({entry({at("10.0.0.1:1", PeerState::ourselves)})}) == 0);
  CHECK(expected_nodes({entry({at("10.0.0.2:1", PeerState::connected, 2)}),
                        entry({at("10.0.1.2:1", PeerState::connected, 2)}),
                        entry({at("10.0.0.3:1", PeerState::unavailable, 3)})}) == 2);
}

TEST_CASE("an address where nobody has answered stands for a node") {
  CHECK(expected_nodes({entry({at("10.0.0.2:1", PeerState::unavailable)}),
                        entry({at("10.0.0.2:1", PeerState::unavailable)})}) == 1);
  CHECK(expected_nodes({entry({at("10.0.0.1:1", PeerState::ourselves), at("10.0.0.2:1", PeerState::connected, 2),
                               at("10.0.0.3:1", PeerState::unavailable)})}) == 2);
}

TEST_CASE("the other family of a name is no further node") {
  CHECK(expected_nodes({entry({at("[::1]:1", PeerState::unavailable), at("127.0.0.1:1", PeerState::connected, 2)})}) ==
        1);
  CHECK(expected_nodes({entry({at("[::1]:1", PeerState::unavailable), at("127.0.0.1:1", PeerState::ourselves)})}) == 0);
  CHECK(expected_nodes({entry({at("[::1]:1", PeerState::unavailable), at("127.0.0.1:1", PeerState::unavailable)})}) ==
        1);
}

TEST_CASE("names without addresses stand for somebody, and nonsense for nobody") {
  CHECK(expected_nodes({entry({})}) == 1);
  PeerAddressStatus invalid = entry({});
  invalid.state = PeerState::invalid;
  CHECK(expected_nodes({invalid}) == 0);
}

}  // namespace muster::app
