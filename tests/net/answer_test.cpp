// Answers that come late, never, or large: who owns what until the last byte is out.
#include <catch2/catch.hpp>

#include <memory>
#include <string>
#include <vector>

#include "tests/net/client.hpp"
#include "tests/net/toy_server.hpp"

namespace muster {

using test::big_body;
using test::Client;
using test::eventually;
using test::request;
using test::ToyServer;

namespace {

/// What a loopback connection can swallow without its reader: far less than this.
constexpr std::size_t more_than_sockets_hold = 64 << 20;
const std::string more_than_sockets_hold_target = "/big?" + std::to_string(more_than_sockets_hold);

}  // namespace

TEST_CASE("a large body of many shared parts arrives byte for byte", "[net]") {
  ToyServer server;
  Client client(server.port());
  // More parts than one gathering call takes, and ends off any boundary.
  const std::size_t size = 1100 * 65536 + 17;
  const test::Reply reply = client.get("/big?" + std::to_string(size));
  CHECK(reply.body.size() == size);
  CHECK((reply.body == big_body(size)));
  CHECK(client.get("/echo").status == 200);
  CHECK(server.shared_bodies() == 0);
}

TEST_CASE("a slow reader gets it all in the end", "[net]") {
  ToyServer server;
  Client client(server.port(), 4096);
  const std::size_t size = 3'000'000;
  client.send(request("GET", "/big?" + std::to_string(size)) + request("POST", "/echo", {}, "behind it"));
  std::string all;
  while (all.size() < size) all += client.read_some(1000);
  while (all.find("behind it") == std::string::npos) all += client.read_some();
  const std::size_t body = all.find("\r\n\r\n") + 4;
  CHECK((all.substr(body, size) == big_body(size)));
}

TEST_CASE("who stops reading is cut off and its body freed", "[net]") {
  net::Limits limits;
  limits.write_timeout = std::chrono::milliseconds(50);
  ToyServer server(limits);
  Client client(server.port(), 4096);
  client.send(request("GET", more_than_sockets_hold_target));
  CHECK(eventually([&] { return server.stats().write_timeouts == 1; }));
  CHECK(server.shared_bodies() == 0);
  CHECK(server.stats().open == 0);
}

TEST_CASE("who takes some bytes now and then is cut off all the same", "[net]") {
  net::Limits limits;
  limits.write_timeout = std::chrono::milliseconds(100);
  ToyServer server(limits);
  Client client(server.port(), 4096);
  client.send(request("GET", more_than_sockets_hold_target));
  auto next = std::chrono::steady_clock::now();
  CHECK(eventually([&] {
    if (server.stats().write_timeouts == 1) return true;
    if (std::chrono::steady_clock::now() < next) return false;
    next += std::chrono::milliseconds(20);
    try {
      client.read_some(256);
    } catch (const std::exception&) {
      // It was cut between the look and the read.
    }
    return false;
  }));
  CHECK(server.shared_bodies() == 0);
}

TEST_CASE("reading a little at a time is not stopping", "[net]") {
  net::Limits limits;
  limits.write_timeout = std::chrono::milliseconds(600);
  ToyServer server(limits);
  Client client(server.port(), 4096);
  const std::size_t size = 8 << 20;
  client.send(request("GET", "/big?" + std::to_string(size)));
  const auto begin = std::chrono::steady_clock::now();
  std::size_t got = 0;
  // Reads on whenever the sixteenth of a time-out has passed, for longer than two time-outs in all.
  for (auto next = begin; std::chrono::steady_clock::now() - begin < 3 * limits.write_timeout;) {
    if (std::chrono::steady_clock::now() < next) {
      std::this_thread::yield();
      continue;
    }
    next += limits.write_timeout / 16;
    for (int count = 0; count < 4; ++count) got += client.read_some(65536).size();
  }
  CHECK(server.stats().write_timeouts == 0);
  CHECK(server.shared_bodies() > 0);
  while (got < size) got += client.read_some().size();
  CHECK(eventually([&] { return server.shared_bodies() == 0; }));
}

TEST_CASE("when unsent answers take too much memory, who has been reading for longest is cut", "[net]") {
  net::Limits limits;
  limits.unsent_bytes = 5 * more_than_sockets_hold / 2;
  ToyServer server(limits);
  const std::string target = "/own?" + std::to_string(more_than_sockets_hold);
  std::vector<std::unique_ptr<Client>> slow;
  const auto begin_to_read = [&](const std::string& what) {
    slow.push_back(std::make_unique<Client>(server.port(), 4096));
    slow.back()->send(request("GET", what));
  };
  begin_to_read(more_than_sockets_hold_target);
  CHECK(eventually([&] { return server.stats().unsent_bytes >= more_than_sockets_hold; }));
  begin_to_read(more_than_sockets_hold_target);  // the same body: it counts once
  begin_to_read(target);
  CHECK(eventually([&] { return server.stats().unsent_bytes >= 2 * more_than_sockets_hold; }));
  // Whoever reads at once gets through beside them.
  CHECK(Client(server.port()).get(more_than_sockets_hold_target).body.size() == more_than_sockets_hold);
  CHECK(server.stats().cut_for_space == 0);
  begin_to_read(target);
  CHECK(eventually([&] { return server.stats().cut_for_space == 2; }));  // both readers of the first body
  CHECK(eventually([&] { return server.shared_bodies() == 0; }));
  CHECK(server.stats().unsent_bytes == 2 * more_than_sockets_hold);
  CHECK(server.stats().write_timeouts == 0);
  CHECK_FALSE(server.reports().empty());
}

TEST_CASE("two bodies may wait however large they are", "[net]") {
  net::Limits limits;
  limits.unsent_bytes = 1;
  ToyServer server(limits);
  const std::string target = "/own?" + std::to_string(more_than_sockets_hold);
  Client first(server.port(), 4096), second(server.port(), 4096);
  first.send(request("GET", target));
  second.send(request("GET", target));
  CHECK(eventually([&] { return server.stats().unsent_bytes == 2 * more_than_sockets_hold; }));
  CHECK(Client(server.port()).get("/echo").status == 200);
  CHECK(server.stats().cut_for_space == 0);
}

TEST_CASE("one connection has one answer unsent, however much it asks for", "[net]") {
  ToyServer server;
  Client client(server.port(), 4096);
  std::string stream;
  for (int count = 0; count < 100; ++count) stream += request("GET", more_than_sockets_hold_target);
  client.send(stream);
  CHECK(eventually([&] { return server.stats().requests == 1; }));
  Client other(server.port());
  CHECK(other.get("/echo").status == 200);  // By now the first would have gone on, if it did.
  CHECK(server.stats().requests == 2);
  CHECK(server.shared_bodies() == static_cast<long>(more_than_sockets_hold / 65536));
}

TEST_CASE("an answer for a connection that died is dropped", "[net]") {
  ToyServer server;
  Client stays(server.port());
  stays.send(request("GET", "/later"));
  {
    Client resets(server.port());
    Client leaves(server.port());
    resets.send(request("GET", "/later"));
    leaves.send(request("GET", "/later"));
    server.await_kept(3);
    resets.reset();
  }
  server.answer_kept("answer");
  CHECK(stays.reply().body == "answer");
  CHECK(eventually([&] { return server.stats().open == 1; }));
}

TEST_CASE("an answer may come when the server is gone", "[net]") {
  ToyServer server;
  Client client(server.port());
  client.send(request("GET", "/later"));
  server.await_kept(1);
  server.destroy_server();
  CHECK(client.is_closed());
  server.answer_kept("too late");
}

TEST_CASE("a server may go with everything in flight", "[net]") {
  ToyServer server;
  Client idle(server.port());
  Client reading(server.port());
  Client writing(server.port(), 4096);
  reading.send("GET / HTT");
  writing.send(request("GET", more_than_sockets_hold_target));
  CHECK(eventually([&] { return server.shared_bodies() > 0; }));
  server.destroy_server();
  CHECK(server.shared_bodies() == 0);
  CHECK(idle.is_closed());
  CHECK(reading.is_closed());
}

TEST_CASE("a client that leaves in the middle of a body takes its memory along", "[net]") {
  ToyServer server;
  {
    Client client(server.port(), 4096);
    client.send(request("GET", more_than_sockets_hold_target));
    CHECK(client.read_some(100).size() == 100);
  }
  CHECK(eventually([&] { return server.shared_bodies() == 0 && server.stats().open == 0; }));
}

}  // namespace muster
