// Everything that a stranger can make grow or last has an end, shown on real connections.
#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include "tests/net/client.hpp"
#include "tests/net/toy_server.hpp"

namespace muster {

using std::chrono::milliseconds;
using test::Client;
using test::eventually;
using test::Reply;
using test::request;
using test::ToyServer;

namespace {

constexpr milliseconds short_time{60};

}  // namespace

TEST_CASE("headers that are too large or too many are answered 431", "[net]") {
  net::Limits limits;
  limits.header_bytes = 2000;
  limits.headers = 20;
  ToyServer server(limits);
  SECTION("large") {
    Client client(server.port());
    client.send("GET /v1/x HTTP/1.1\r\nHost: h\r\nX: " + std::string(5000, 'x'));
    const Reply reply = client.reply();
    CHECK(reply.status == 431);
    CHECK(reply.header("Content-Type") == "application/problem+json");
  }
  SECTION("a long target") {
    Client client(server.port());
    client.send("GET /eureka/" + std::string(5000, 'x'));
    const Reply reply = client.reply();
    CHECK(reply.status == 431);
    CHECK(reply.header("Content-Length") == "0");
  }
  SECTION("many") {
    Client client(server.port());
    std::string headers;
    for (int count = 0; count < 20; ++count) headers += "X: y\r\n";
    client.send(request("GET", "/v1/x", headers));
    CHECK(client.reply().status == 431);
    client.shut_down();
    CHECK(client.is_closed());
  }
  CHECK(server.stats().malformed == 1);
}

TEST_CASE("a body that is too large is answered 413, also in chunks", "[net]") {
  net::Limits limits;
  limits.body_bytes = 1000;
  ToyServer server(limits);
  {
    Client client(server.port());
    client.send(request("POST", "/echo", {}, std::string(1000, 'x')));
    CHECK(client.reply().status == 200);
    client.send(request("POST", "/echo", {}, std::string(1001, 'x')));
    CHECK(client.reply().status == 413);
  }
  Client client(server.port());
  client.send(request("POST", "/echo", "Transfer-Encoding: chunked\r\n") + "200\r\n" + std::string(512, 'x') + "\r\n");
  client.send("200\r\n" + std::string(512, 'x') + "\r\n0\r\n\r\n");
  CHECK(client.reply().status == 413);
}

TEST_CASE("headers sent byte by byte must be through in time", "[net]") {
  net::Limits limits;
  limits.header_timeout = short_time;
  ToyServer server(limits);
  Client client(server.port());
  CHECK(client.get("/echo").status == 200);
  // Each byte comes well within the time-out of the one before; only the sum does not.
  const std::string slow = "GET /v1/x HTTP/1.1\r\nHost: h\r\nX: " + std::string(100'000, 'x');
  const auto begin = std::chrono::steady_clock::now();
  auto next = begin;
  std::size_t sent = 0;
  while (server.stats().header_timeouts == 0 && sent < slow.size()) {
    if (std::chrono::steady_clock::now() < next) continue;
    next += short_time / 20;
    if (!client.try_send(slow.substr(sent++, 1))) break;
  }
  CHECK(server.stats().header_timeouts == 1);
  CHECK(std::chrono::steady_clock::now() - begin >= short_time);
  const Reply reply = client.reply();
  CHECK(reply.status == 408);
  CHECK(reply.header("Connection") == "close");
  client.shut_down();
  CHECK(client.is_closed());
}

TEST_CASE("a body must be through in time", "[net]") {
  net::Limits limits;
  limits.body_timeout = short_time;
  ToyServer server(limits);
  Client client(server.port());
  client.send(request("POST", "/eureka/apps/A", "Content-Length: 10\r\n") + "some");
  const Reply reply = client.reply();
  CHECK(reply.status == 408);
  CHECK(reply.header("Content-Length") == "0");
  CHECK(client.is_closed());
  CHECK(server.stats().body_timeouts == 1);
}

TEST_CASE("idle connections are closed without a word", "[net]") {
  net::Limits limits;
  limits.idle_timeout = short_time;
  ToyServer server(limits);
  Client silent(server.port());
  Client served(server.port());
  CHECK(served.get("/echo").status == 200);
  CHECK(silent.is_closed());
  CHECK(served.is_closed());
  CHECK(server.stats().open == 0);
}

TEST_CASE("a handler takes the time that it takes", "[net]") {
  net::Limits limits;
  limits.header_timeout = limits.body_timeout = limits.idle_timeout = limits.write_timeout = milliseconds(20);
  ToyServer server(limits);
  Client waiting(server.port());
  waiting.send(request("GET", "/later"));
  server.await_kept(1);
  // Idle connections come and are timed out one after the other while it waits.
  for (int count = 0; count < 5; ++count) CHECK(Client(server.port()).is_closed());
  server.answer_kept("answer");
  CHECK(waiting.reply().body == "answer");
}

TEST_CASE("a client that does not stop sending after its refusal is let go", "[net]") {
  ToyServer server;
  Client client(server.port());
  client.send("nonsense\r\n\r\n");
  CHECK(client.reply().status == 400);
  // It keeps the connection open on its side; the server does not wait for ever.
  CHECK(eventually([&] { return server.stats().open == 0; }));
}

TEST_CASE("one connection more than allowed is answered 503", "[net]") {
  net::Limits limits;
  limits.connections = 2;
  ToyServer server(limits);
  std::vector<Client> clients;
  for (int count = 0; count < 2; ++count) {
    clients.emplace_back(server.port());
    CHECK(clients.back().get("/echo").status == 200);
  }
  {
    Client refused(server.port());
    refused.send(request("GET", "/echo"));
    const Reply reply = refused.reply();
    CHECK(reply.status == 503);
    CHECK(reply.header("Retry-After") == "1");
    CHECK(reply.header("Connection") == "close");
    CHECK(reply.header("Content-Length") == "0");
    CHECK(refused.is_closed());
  }
  CHECK(server.stats().refused_full == 1);
  CHECK(server.stats().accepted == 2);
  CHECK(server.stats().open == 2);
  CHECK(clients[0].get("/echo").status == 200);
  clients.pop_back();
  CHECK(eventually([&] { return server.stats().open == 1; }));
  CHECK(Client(server.port()).get("/echo").status == 200);
}

TEST_CASE("limits may change while connections are open", "[net]") {
  ToyServer server;
  Client client(server.port());
  CHECK(client.get("/echo").status == 200);
  net::Limits limits;
  limits.body_bytes = 10;
  limits.idle_timeout = short_time;
  server.on_loop([&](net::Server& running) { running.set_limits(limits); });
  client.send(request("POST", "/echo", {}, "0123456789"));
  CHECK(client.reply().status == 200);
  CHECK(client.is_closed());  // Idle for longer than now allowed.
  Client other(server.port());
  other.send(request("POST", "/echo", {}, "0123456789a"));
  CHECK(other.reply().status == 413);
}

}  // namespace muster
