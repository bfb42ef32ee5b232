// Goal: the list of peers is forgiving, and dials what should be dialed when it should. Method: the book alone, told
// the time and what came of it.
#include <catch2/catch.hpp>

#include <boost/asio/ip/address.hpp>

#include "server/net/peers/address_book.hpp"

namespace muster {
namespace {

using net::AddressBook;
using net::PeerAddress;
using net::PeerState;
using Endpoint = AddressBook::Endpoint;
using Kind = net::PeerLink::Ending::Kind;
using Time = std::chrono::milliseconds;

Endpoint at(const char* address, std::uint16_t port = 8761) {
  return {boost::asio::ip::make_address(address), port};
}

AddressBook a_book() {
  return AddressBook({}, [] { return 0.5; });
}

std::string refusal(const char* text) {
  const auto parsed = net::parse_peer_address(text);
  const auto* out = std::get_if<std::string>(&parsed);
  return out ? *out : std::string();
}

}  // namespace

TEST_CASE("an address of a node may be written as one likes", "[net]") {
  const auto parsed = [](const char* text) { return std::get<PeerAddress>(net::parse_peer_address(text)); };
  CHECK(parsed("http://10.0.0.2:8080") == PeerAddress{"10.0.0.2", 8080});
  CHECK(parsed("HTTP://node-b:8761/eureka/") == PeerAddress{"node-b", 8761});
  CHECK(parsed("http://node_b/eureka/apps?x") == PeerAddress{"node_b", 8761});
  CHECK(parsed(" node-b:1 ") == PeerAddress{"node-b", 1});
  CHECK(parsed("node-b") == PeerAddress{"node-b", 8761});
  CHECK(parsed("[::1]:80") == PeerAddress{"::1", 80});
  CHECK(parsed("http://[fe80::1%eth0]/") == PeerAddress{"fe80::1%eth0", 8761});
  CHECK(parsed("::1") == PeerAddress{"::1", 8761});
  CHECK(refusal("https://a").find("TLS") != std::string::npos);
  for (const char* bad : {"", " ", "http://", "ftp://a", "a:", "a:0", "a:65536", "a:1x", "a b", "[::1", "[::1]x",
                          "user@a", "http://a\n", ":8761", "[a\"b]:1"}) {
    INFO(bad);
    CHECK_FALSE(refusal(bad).empty());
  }
}

TEST_CASE("every address that a name has is dialed once, whoever names it", "[net]") {
  AddressBook book = a_book();
  book.set({"all-nodes", "10.0.0.1", "http://10.0.0.1:8761/eureka/", "all-nodes:8761"}, Time(0));
  CHECK(book.take_due_names(Time(0)) == std::vector<PeerAddress>{{"all-nodes", 8761}});
  CHECK(book.take_due_names(Time(1'000'000)).empty());
  CHECK(book.take_due_endpoints(Time(0)) == std::vector<Endpoint>{at("10.0.0.1")});
  CHECK_FALSE(book.settled());
  book.resolved({"all-nodes", 8761}, {at("10.0.0.2"), at("10.0.0.1"), at("10.0.0.3")}, "", Time(10));
  CHECK(book.take_due_endpoints(Time(10)) == std::vector<Endpoint>{at("10.0.0.2"), at("10.0.0.3")});
  CHECK(book.status().size() == 4);
  CHECK(book.status()[0].endpoints.size() == 3);
  CHECK(book.take_due_names(Time(29'000)).empty());
  CHECK(book.take_due_names(Time(30'010)).size() == 1);
}

TEST_CASE("a name that does not resolve keeps what it had, and is asked again soon", "[net]") {
  AddressBook book = a_book();
  book.set({"node"}, Time(0));
  book.take_due_names(Time(0));
  CHECK(book.status()[0].state == PeerState::unresolved);
  book.resolved({"node", 8761}, {}, "not found", Time(0));
  CHECK(book.status()[0].reason == "not found");
  CHECK(book.take_due_names(Time(1'000)).size() == 1);
  book.resolved({"node", 8761}, {at("10.0.0.1")}, "", Time(1'000));
  CHECK(book.take_due_endpoints(Time(1'000)).size() == 1);
  // Nobody is there: the name may lead elsewhere by now.
  book.ended(at("10.0.0.1"), {Kind::unavailable, "refused"}, Time(0), Time(2'000));
  CHECK(book.status()[0].state == PeerState::unavailable);
  CHECK(book.take_due_names(Time(3'000)).size() == 1);
  book.resolved({"node", 8761}, {}, "no answer", Time(3'000));
  CHECK(book.status()[0].endpoints.size() == 1);
  book.take_due_names(Time(4'000));
  book.resolved({"node", 8761}, {at("10.0.0.9")}, "", Time(4'000));
  CHECK(book.status()[0].endpoints.at(0).endpoint == "10.0.0.9:8761");
}

TEST_CASE("failures are further and further apart, up to a bound", "[net]") {
  AddressBook book = a_book();
  book.set({"10.0.0.1"}, Time(0));
  REQUIRE(book.take_due_endpoints(Time(0)).size() == 1);
  CHECK(book.take_due_endpoints(Time(100'000)).empty());  // It is under way.
  Time now(0);
  std::vector<long> waits;
  for (int i = 0; i < 7; ++i) {
    book.ended(at("10.0.0.1"), {Kind::unavailable, "refused"}, Time(0), now);
    Time wait(0);
    while (book.take_due_endpoints(now + wait).empty()) ++wait;
    waits.push_back(wait.count());
    now += wait;
  }
  CHECK(waits[1] == 300);
  CHECK(waits.front() == 150);
  CHECK(waits.back() == 2'250);
}

TEST_CASE("addresses of a node that has a link are left alone, and dialed soon after", "[net]") {
  AddressBook book = a_book();
  book.set({"10.0.0.1", "10.0.0.2"}, Time(0));
  CHECK(book.take_due_endpoints(Time(0)).size() == 2);
  book.identified(at("10.0.0.1"), {7, 1});
  book.identified(at("10.0.0.2"), {7, 1});
  book.node_up({7, 1});
  book.ended(at("10.0.0.2"), {Kind::refused, "linked already"}, Time(0), Time(0));
  CHECK(book.take_due_endpoints(Time(60'000)).empty());
  for (const auto& one : book.status()) {
    CHECK(one.state == PeerState::connected);
    CHECK(one.reason.empty());
  }
  CHECK(book.lists(7));
  book.ended(at("10.0.0.1"), {Kind::lost, "it closed the connection"}, Time(60'000), Time(60'000));
  book.node_down(7, Time(60'000));
  CHECK(book.status()[0].state == PeerState::connecting);
  CHECK(book.take_due_endpoints(Time(61'000)).size() == 2);
}

TEST_CASE("an address of this node is tried again after a minute, or when the list changes", "[net]") {
  AddressBook book = a_book();
  book.set({"10.0.0.1"}, Time(0));
  book.take_due_endpoints(Time(0));
  book.ended(at("10.0.0.1"), {Kind::ourselves, "this node itself"}, Time(0), Time(0));
  CHECK(book.status()[0].state == PeerState::ourselves);
  CHECK(book.take_due_endpoints(Time(59'000)).empty());
  book.set({"10.0.0.1", "10.0.0.2"}, Time(59'000));
  CHECK(book.take_due_endpoints(Time(59'000)).size() == 2);
  book.ended(at("10.0.0.1"), {Kind::ourselves, "this node itself"}, Time(0), Time(60'000));
  CHECK(book.take_due_endpoints(Time(120'000)).size() == 1);
}

TEST_CASE("what is taken off the list is dialed no more", "[net]") {
  AddressBook book = a_book();
  book.set({"10.0.0.1", "bad host"}, Time(0));
  CHECK(book.status()[1].state == PeerState::invalid);
  book.take_due_endpoints(Time(0));
  book.set({"10.0.0.2"}, Time(0));
  CHECK_FALSE(book.has(at("10.0.0.1")));
  book.ended(at("10.0.0.1"), {Kind::unavailable, ""}, Time(0), Time(0));
  CHECK(book.take_due_endpoints(Time(60'000)) == std::vector<Endpoint>{at("10.0.0.2")});
}

}  // namespace muster
