// What a client sees of HTTP/1.0 and 1.1 on a real loopback connection.
#include <catch2/catch.hpp>

#include <string>

#include "tests/net/client.hpp"
#include "tests/net/toy_server.hpp"

namespace muster {

using test::Client;
using test::Reply;
using test::request;
using test::ToyServer;

TEST_CASE("a request reaches the handler whole and its answer comes back", "[net]") {
  ToyServer server;
  Client client(server.port());
  client.send(request("POST", "/echo?a=%20b", "X-One: 1\r\nX-Two: 2\r\n", "the body"));
  const Reply reply = client.reply();
  CHECK(reply.status == 200);
  CHECK(reply.body == "the body");
  CHECK(reply.head.substr(0, 15) == "HTTP/1.1 200 OK");
  CHECK(reply.header("Content-Type") == "text/plain");
  CHECK(reply.header("Content-Length") == "8");
  CHECK(reply.header("X-Method") == "POST");
  CHECK(reply.header("X-Target") == "/echo?a=%20b");
  CHECK(reply.header("X-Headers") == "4");
  CHECK(reply.header("X-Caller") == "127.0.0.1");
  CHECK_FALSE(reply.has_header("Connection"));
  CHECK(reply.header("Date").size() == 29);
  CHECK(reply.header("Date").substr(26) == "GMT");
}

TEST_CASE("an empty answer says that it is empty", "[net]") {
  ToyServer server;
  Client client(server.port());
  client.send(request("PUT", "/eureka/apps/A/i"));
  const Reply reply = client.reply();
  CHECK(reply.status == 200);
  CHECK(reply.header("Content-Length") == "0");
  CHECK_FALSE(reply.has_header("Content-Type"));
}

TEST_CASE("a chunked body arrives as one piece", "[net]") {
  ToyServer server;
  Client client(server.port());
  client.send(request("POST", "/echo", "Transfer-Encoding: chunked\r\n"));
  client.send("3\r\nabc\r\n");
  client.send("4;x=y\r\ndefg\r\n0\r\nTrailer: t\r\n\r\n");
  CHECK(client.reply().body == "abcdefg");
  CHECK(client.get("/echo").status == 200);
}

TEST_CASE("the answer to HEAD tells the length of a body that is not sent", "[net]") {
  ToyServer server;
  Client client(server.port());
  for (const std::string target : {"/big?100000", "/status?404", "/status?200"}) {
    CAPTURE(target);
    client.send(request("HEAD", target));
    const Reply reply = client.reply(true);
    CHECK(reply.header("Content-Length") == (target == "/big?100000" ? "100000" : "4"));
    CHECK(client.get("/echo").status == 200);  // It would begin with a stray body otherwise.
  }
}

TEST_CASE("answers that have no body carry none", "[net]") {
  ToyServer server;
  Client client(server.port());
  for (const std::string status : {"204", "304"}) {
    const Reply reply = client.get("/status?" + status);
    CHECK(std::to_string(reply.status) == status);
    CHECK_FALSE(reply.has_header("Content-Length"));
    CHECK(client.get("/echo").status == 200);
  }
}

TEST_CASE("a status that a handler made up does not break the connection", "[net]") {
  ToyServer server;
  Client client(server.port());
  CHECK(client.get("/status?299").head.substr(0, 13) == "HTTP/1.1 299 ");
  CHECK(client.get("/status?7").status == 500);
  CHECK(client.get("/status?101").status == 500);
  CHECK(client.get("/echo").status == 200);
}

TEST_CASE("connections stay or close as the client's version and wish say", "[net]") {
  ToyServer server;
  SECTION("1.1 closes on request") {
    Client client(server.port());
    client.send(request("GET", "/echo", "Connection: close\r\n"));
    CHECK(client.reply().header("Connection") == "close");
    CHECK(client.is_closed());
  }
  SECTION("1.0 closes") {
    Client client(server.port());
    client.send("GET /echo HTTP/1.0\r\n\r\n");
    CHECK(client.reply().header("Connection") == "close");
    CHECK(client.is_closed());
  }
  SECTION("1.0 stays on request, and is told so") {
    Client client(server.port());
    for (int count = 0; count < 2; ++count) {
      client.send("GET /echo HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n");
      CHECK(client.reply().header("Connection") == "keep-alive");
    }
  }
  SECTION("the handler may close") {
    Client client(server.port());
    CHECK(client.get("/close").header("Connection") == "close");
    CHECK(client.is_closed());
  }
}

TEST_CASE("a client that has said all it wants to say still gets its answer", "[net]") {
  ToyServer server;
  Client client(server.port());
  client.send(request("GET", "/later"));
  client.shut_down();
  server.await_kept(1);
  server.answer_kept("answer");
  CHECK(client.reply().body == "answer");
  CHECK(client.is_closed());
}

TEST_CASE("who asks before sending a body is told to go on", "[net]") {
  ToyServer server;
  Client client(server.port());
  client.send(request("POST", "/echo", "Expect: 100-continue\r\nContent-Length: 4\r\n"));
  CHECK(client.read_some(25) == "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("body");
  CHECK(client.reply().body == "body");

  SECTION("but not to send what would be refused") {
    client.send(request("POST", "/echo", "Expect: 100-continue\r\nContent-Length: 10000000\r\n"));
    CHECK(client.reply().status == 413);
    CHECK(client.is_closed());
  }
  SECTION("and is refused another wish") {
    client.send(request("POST", "/echo", "Expect: tea\r\nContent-Length: 4\r\n"));
    CHECK(client.reply().status == 417);
  }
}

TEST_CASE("pipelined requests are answered in order, one at a time", "[net]") {
  ToyServer server;
  Client client(server.port());
  client.send(request("GET", "/later") + request("POST", "/echo", {}, "second") + request("GET", "/later") +
              request("POST", "/echo", {}, "fourth"));
  server.await_kept(1);
  CHECK(server.stats().requests == 1);
  server.answer_kept("first");
  CHECK(client.reply().body == "first");
  CHECK(client.reply().body == "second");
  server.await_kept(1);
  CHECK(server.stats().requests == 3);
  server.answer_kept("third");
  CHECK(client.reply().body == "third");
  CHECK(client.reply().body == "fourth");
}

TEST_CASE("a long pipeline is served without growing the stack or starving others", "[net]") {
  ToyServer server;
  Client client(server.port());
  constexpr int count = 20'000;
  std::string stream;
  for (int number = 0; number < count; ++number) stream += request("GET", "/echo?" + std::to_string(number));
  std::thread sender([&] { client.send(stream); });
  int wrong = 0;
  for (int number = 0; number < count; ++number)
    wrong += client.reply().header("X-Target") != "/echo?" + std::to_string(number);
  sender.join();
  CHECK(wrong == 0);
}

TEST_CASE("errors of the session are empty under /eureka and problems elsewhere", "[net]") {
  ToyServer server;
  SECTION("malformed") {
    Client client(server.port());
    client.send("GET /eureka/apps HTTP/1.1\r\nbad header\r\n\r\n");
    const Reply reply = client.reply();
    CHECK(reply.status == 400);
    CHECK(reply.header("Content-Length") == "0");
    CHECK(reply.header("Connection") == "close");
    CHECK(client.is_closed());
  }
  SECTION("malformed elsewhere") {
    Client client(server.port());
    client.send("GET /v1/services HTTP/1.1\r\nbad header\r\n\r\n");
    const Reply reply = client.reply();
    CHECK(reply.header("Content-Type") == "application/problem+json");
    CHECK(reply.body ==
          R"({"type":"about:blank","title":"Bad Request","status":400,"detail":"the request is malformed"})");
    CHECK(reply.header("Connection") == "close");
    CHECK(client.is_closed());
  }
  SECTION("not HTTP at all") {
    Client client(server.port());
    client.send(std::string("\x16\x03\x01\x02\x00", 5));
    CHECK(client.reply().header("Content-Length") == "0");
    CHECK(client.is_closed());
  }
  CHECK(server.stats().malformed == 1);
}

TEST_CASE("a client that still sends gets to read why it is refused", "[net]") {
  ToyServer server;
  Client client(server.port());
  client.send(request("POST", "/v1/x", "Content-Length: 5000000\r\n"));
  // The refusal goes out now; closing with these bytes unread would reset the connection under it.
  static_cast<void>(client.try_send(std::string(3'000'000, 'x')));
  const Reply reply = client.reply();
  CHECK(reply.status == 413);
  client.shut_down();
  CHECK(client.is_closed());
}

TEST_CASE("an exception of a handler is answered 500 and hurts nobody else", "[net]") {
  ToyServer server;
  Client other(server.port());
  CHECK(other.get("/echo").status == 200);
  Client client(server.port());
  const Reply reply = client.get("/throw");
  CHECK(reply.status == 500);
  CHECK(reply.header("Connection") == "close");
  CHECK(client.is_closed());
  CHECK(other.get("/echo").status == 200);
  CHECK(other.get("/late-throw").status == 200);
  CHECK(other.get("/echo").status == 200);
  CHECK(server.stats().handler_exceptions == 2);
  REQUIRE(server.reports().size() == 1);  // At most one a second.
  CHECK(server.reports()[0].find("a fault of the toy") != std::string::npos);
}

}  // namespace muster
