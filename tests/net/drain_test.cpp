// Leaving in order: nobody loses an answer that was being made, and nobody is waited for without end.
#include <catch2/catch.hpp>

#include <future>
#include <string>

#include "tests/net/client.hpp"
#include "tests/net/toy_server.hpp"

namespace muster {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::Client;
using test::Reply;
using test::request;
using test::ToyServer;

namespace {

bool is_ready(std::future<void>& future, std::chrono::milliseconds within) {
  return future.wait_for(within) == std::future_status::ready;
}

}  // namespace

TEST_CASE("draining closes idle connections and lets busy ones finish", "[net]") {
  ToyServer server;
  Client idle(server.port());
  CHECK(idle.get("/echo").status == 200);
  Client fresh(server.port());
  Client handled(server.port());
  handled.send(request("GET", "/later"));
  Client reading(server.port());
  reading.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbo");
  Client writing(server.port(), 4096);
  writing.send(request("GET", "/big?8000000"));
  server.await_kept(1);
  CHECK(test::eventually([&] { return server.shared_bodies() > 0 && server.stats().open == 5; }));
  CHECK(writing.read_some(4) == "HTTP");

  std::future<void> done = server.drain(seconds(30));
  CHECK(idle.is_closed());
  CHECK(fresh.is_closed());
  CHECK_THROWS(Client(server.port()));
  CHECK_FALSE(is_ready(done, milliseconds(0)));

  server.answer_kept("answer");
  const Reply reply = handled.reply();
  CHECK(reply.body == "answer");
  CHECK(reply.header("Connection") == "close");
  CHECK(handled.is_closed());

  reading.send("dy");
  const Reply echo = reading.reply();
  CHECK(echo.body == "body");
  CHECK(echo.header("Connection") == "close");

  CHECK(writing.read_to_end().size() >
        8'000'000);  // Begun before the drain, so it promised to stay; it closes all the same.
  CHECK(is_ready(done, Client::patience));
}

TEST_CASE("draining ends at its deadline, whoever is busy", "[net]") {
  ToyServer server;
  Client handled(server.port());
  handled.send(request("GET", "/later"));
  Client writing(server.port(), 4096);
  writing.send(request("GET", "/big?67108864"));
  server.await_kept(1);
  CHECK(test::eventually([&] { return server.shared_bodies() > 0; }));
  std::future<void> done = server.drain(milliseconds(50));
  CHECK(is_ready(done, Client::patience));
  CHECK(server.stats().open == 0);
  CHECK(server.shared_bodies() == 0);
  CHECK(handled.is_closed());
  server.answer_kept("nobody hears it");
}

TEST_CASE("draining without connections is done at once", "[net]") {
  ToyServer server;
  std::future<void> done = server.drain(seconds(30));
  CHECK(is_ready(done, Client::patience));
}

TEST_CASE("a pipeline ends with the request at which draining began", "[net]") {
  ToyServer server;
  Client client(server.port());
  client.send(request("GET", "/later") + request("GET", "/echo"));
  server.await_kept(1);
  std::future<void> done = server.drain(seconds(30));
  server.answer_kept("answer");
  CHECK(client.reply().header("Connection") == "close");
  CHECK(client.is_closed());
  client.shut_down();
  CHECK(is_ready(done, Client::patience));
}

}  // namespace muster
