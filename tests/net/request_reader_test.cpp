// Requests out of bytes, without sockets: every way of cutting the bytes must give the same requests, and every
// ambiguity that could make two HTTP implementations see different requests must be refused.
#include <catch2/catch.hpp>

#include <algorithm>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "server/net/request_reader.hpp"

namespace muster {
namespace {

using net::RequestReader;
using Progress = RequestReader::Progress;

struct Seen {
  std::string method;
  std::string target;
  std::string body;
  std::vector<std::string> headers;
  bool keep_alive = false;

  bool operator==(const Seen&) const = default;
};

struct Outcome {
  std::vector<Seen> requests;
  unsigned refused = 0;  ///< status; 0 while nothing is wrong
  std::string detail;
  bool started = false;

  bool operator==(const Outcome&) const = default;
};

Seen copy_of(const RequestReader& reader) {
  const api::Request& request = reader.request();
  Seen seen{std::string(request.method_name),
            std::string(request.target),
            std::string(request.body),
            {},
            reader.keep_alive()};
  for (const api::Header& header : request.headers)
    seen.headers.push_back(std::string(header.name) + "=" + std::string(header.value));
  return seen;
}

/// Feeds `bytes` in pieces of `piece` bytes and takes out every request.
Outcome read(std::string_view bytes, std::size_t piece, const net::Limits& limits = {}) {
  RequestReader reader(limits, nullptr);
  Outcome outcome;
  while (!bytes.empty()) {
    const std::span<char> room = reader.room();
    const std::size_t size = std::min({piece, bytes.size(), room.size()});
    std::memcpy(room.data(), bytes.data(), size);
    bytes.remove_prefix(size);
    reader.received(size);
    for (Progress progress{}; (progress = reader.advance()) != Progress::need_more;) {
      if (progress == Progress::failed) {
        outcome.refused = reader.refusal().status;
        outcome.detail = reader.refusal().detail;
        return outcome;
      }
      outcome.requests.push_back(copy_of(reader));
      reader.next();
    }
  }
  outcome.started = reader.started();
  return outcome;
}

unsigned refusal_of(const std::string& bytes, const net::Limits& limits = {}) {
  const Outcome whole = read(bytes, bytes.size(), limits);
  CAPTURE(bytes, whole.detail);
  CHECK(read(bytes, 1, limits).refused == whole.refused);
  CHECK((whole.refused == 0 || !whole.detail.empty()));
  return whole.refused;
}

std::string with(const std::string& headers, const std::string& body = {}) {
  return "POST /x HTTP/1.1\r\nHost: h\r\n" + headers + "\r\n" + body;
}

}  // namespace

TEST_CASE("however the bytes are cut, the same requests come out", "[net]") {
  const std::string stream =
      "GET /eureka/apps?a=b HTTP/1.1\r\nHost: h\r\nAccept:  application/json \r\nX-Empty:\r\n\r\n"
      "\r\n"  // A stray line end between requests.
      "POST /eureka/apps/A HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\nhello\r\nbody"
      "PUT /chunks HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5\r\nhello\r\n1;name=value\r\n \r\n00A\r\nbig world!\r\n0\r\nTrailer: ignored\r\n\r\n"
      "GET http://proxy.example/path?q HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
      "DELETE /last HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
      "GET /unfinished HTTP/1.1\r\nHo";
  const Outcome expected = read(stream, stream.size());
  REQUIRE(expected.requests.size() == 5);
  CHECK(expected.requests[0].headers == std::vector<std::string>{"Host=h", "Accept=application/json", "X-Empty="});
  CHECK(expected.requests[0].target == "/eureka/apps?a=b");
  CHECK(expected.requests[1].body == "hello\r\nbody");
  CHECK(expected.requests[2].body == "hello big world!");
  CHECK(expected.requests[2].headers.size() == 2);
  CHECK(expected.requests[3].target == "/path?q");
  CHECK(expected.requests[3].keep_alive);
  CHECK_FALSE(expected.requests[4].keep_alive);
  CHECK(expected.refused == 0);
  CHECK(expected.started);
  for (std::size_t piece = 1; piece < stream.size(); ++piece) {
    CAPTURE(piece);
    CHECK(read(stream, piece) == expected);
  }
}

TEST_CASE("bodies larger than the buffer keep their headers in place", "[net]") {
  const std::string body(200'000, 'b');
  const std::string plain = with("X-A: 1\r\nContent-Length: 200000\r\n", body) + "GET /n HTTP/1.1\r\nHost: h\r\n\r\n";
  std::string chunks;
  for (std::size_t place = 0; place < body.size(); place += 100) chunks += "64\r\n" + body.substr(place, 100) + "\r\n";
  const std::string chunked =
      with("X-A: 1\r\nTransfer-Encoding: chunked\r\n", chunks + "0\r\n\r\n") + "GET /n HTTP/1.1\r\nHost: h\r\n\r\n";
  for (const std::string& stream : {plain, chunked}) {
    for (const std::size_t piece : {std::size_t{7}, std::size_t{1500}, std::size_t{1'000'000}}) {
      const Outcome outcome = read(stream, piece);
      REQUIRE(outcome.requests.size() == 2);
      CHECK(outcome.requests[0].body == body);
      CHECK(outcome.requests[0].headers[1] == "X-A=1");
      CHECK(outcome.requests[1].target == "/n");
    }
  }
}

TEST_CASE("a request that two servers could read differently is refused", "[net]") {
  CHECK(refusal_of(with("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")) == 400);
  CHECK(refusal_of(with("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n")) == 400);
  CHECK(refusal_of(with("Content-Length: 5\r\nContent-Length: 6\r\n", "hello")) == 400);
  CHECK(refusal_of(with("Content-Length: 5, 6\r\n", "hello")) == 400);
  CHECK(refusal_of(with("Content-Length: +5\r\n", "hello")) == 400);
  CHECK(refusal_of(with("Content-Length: -1\r\n")) == 400);
  CHECK(refusal_of(with("Content-Length: 0x5\r\n", "hello")) == 400);
  CHECK(refusal_of(with("Content-Length: 5 5\r\n", "hello")) == 400);
  CHECK(refusal_of(with("Content-Length:\r\n")) == 400);
  CHECK(refusal_of(with("Content-Length: 99999999999999999999\r\n")) == 400);
  CHECK(refusal_of(with("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n")) == 400);
  CHECK(refusal_of(with("Transfer-Encoding: chunked, gzip\r\n", "0\r\n\r\n")) == 400);
  CHECK(refusal_of(with("Transfer-Encoding: identity\r\n")) == 400);
  CHECK(refusal_of(with("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n")) == 400);
  CHECK(refusal_of(with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")) == 400);
  CHECK(refusal_of(with("Transfer-Encoding : chunked\r\n", "0\r\n\r\n")) == 400);
  CHECK(refusal_of(with("X: a\r\n b\r\n")) == 400);
  CHECK(refusal_of(with("X:\r\n b\r\n")) == 400);
  CHECK(refusal_of(with("X:\r\n\tTransfer-Encoding: chunked\r\n")) == 400);
  CHECK(refusal_of(with("X: a\r\n \r\n")) == 400);
  CHECK(refusal_of(with("Host: other\r\n")) == 400);
  CHECK(refusal_of("POST / HTTP/1.1\r\nX: y\r\n\r\n") == 400);
  CHECK(refusal_of("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n") == 400);
  CHECK(refusal_of("GET / HTTP/1.1\nHost: h\n\n\r\n\r\n") == 400);
  CHECK(refusal_of(with("X: a\rb\r\n")) == 400);
  CHECK(refusal_of(with(std::string("X\0Y: a\r\n", 8))) == 400);
  CHECK(refusal_of(with(std::string("X: a\0b\r\n", 8))) == 400);
}

TEST_CASE("malformed requests are refused with what is wrong", "[net]") {
  CHECK(refusal_of("GET /a b HTTP/1.1\r\nHost: h\r\n\r\n") == 400);
  CHECK(refusal_of("GET / HTTP/2.0\r\nHost: h\r\n\r\n") == 400);
  CHECK(refusal_of("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") == 400);
  CHECK(refusal_of("\x16\x03\x01\x02 TLS says hello to a plain port") == 400);
  CHECK(refusal_of(with("no colon\r\n")) == 400);
  CHECK(refusal_of(with(": nameless\r\n")) == 400);
  CHECK(refusal_of(with("Expect: a miracle\r\n")) == 417);
  const std::string chunked = "Transfer-Encoding: chunked\r\n";
  CHECK(refusal_of(with(chunked, "x\r\n0\r\n\r\n")) == 400);
  CHECK(refusal_of(with(chunked, "5\r\nhelloX\r\n0\r\n\r\n")) == 400);
  CHECK(refusal_of(with(chunked, "fffffffffffffffff\r\n")) == 400);
  CHECK(refusal_of(with(chunked, "ffffffffffffffff\r\n")) == 413);
  CHECK(refusal_of(with(chunked, "-5\r\nhello")) == 400);
}

TEST_CASE("harmless oddities are taken", "[net]") {
  CHECK(refusal_of(with("Content-Length: 5\r\nContent-Length: 5\r\n", "hello")) == 0);
  CHECK(refusal_of(with("Transfer-Encoding: CHUNKED\r\n", "0\r\n\r\n")) == 0);
  CHECK(refusal_of(with("EXPECT: 100-Continue\r\n")) == 0);
  CHECK(refusal_of("BREW /pot HTTP/1.1\r\nHost: h\r\n\r\n") == 0);
  CHECK(refusal_of("GET /eureka/vips/\"x\"|{} HTTP/1.1\r\nHost: h\r\n\r\n") == 0);
  CHECK(refusal_of("GET / HTTP/1.0\r\n\r\n") == 0);
}

TEST_CASE("limits hold to the byte", "[net]") {
  net::Limits limits;
  const std::string headers = "GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(100, 'x') + "\r\n\r\n";
  limits.header_bytes = headers.size();
  CHECK(refusal_of(headers, limits) == 0);
  limits.header_bytes = headers.size() - 1;
  CHECK(refusal_of(headers, limits) == 431);
  CHECK(refusal_of("GET /" + std::string(headers.size(), 'a'), limits) == 431);

  limits = {};
  limits.headers = 3;
  CHECK(refusal_of(with("A: 1\r\nB: 2\r\n"), limits) == 0);
  CHECK(refusal_of(with("A: 1\r\nB: 2\r\nC: 3\r\n"), limits) == 431);

  limits = {};
  limits.body_bytes = 10;
  CHECK(refusal_of(with("Content-Length: 10\r\n", "0123456789"), limits) == 0);
  CHECK(refusal_of(with("Content-Length: 11\r\n"), limits) == 413);
  const std::string chunked = "Transfer-Encoding: chunked\r\n";
  CHECK(refusal_of(with(chunked, "5\r\n01234\r\n5\r\n56789\r\n0\r\n\r\n"), limits) == 0);
  CHECK(refusal_of(with(chunked, "5\r\n01234\r\n6\r\n567890\r\n0\r\n\r\n"), limits) == 413);
}

TEST_CASE("a malformed line of a chunk is refused as soon as it is seen", "[net]") {
  const std::string chunked = "Transfer-Encoding: chunked\r\n";
  for (const char* body : {"x", "xyz\r\n", "zzzzzzzz", "\r\n", "-5", "5\nhello", "5 ;a\nhello", "5x", "5\rh",
                           "5\r\nhelloX", "5\r\nhello\rX", "5\r\nhello\r\nx", "0\n\n", "0x5", "; a"}) {
    INFO(body);
    CHECK(refusal_of(with(chunked, body)) == 400);
  }
  for (const char* body : {"", "0", "0\r", "0\r\n", "0\r\nT: a\r\n", "5", "5;", "5 ; a=\"b\"", "5\r\nhe", "5\r\nhello",
                           "5\r\nhello\r", "5\r\nhello\r\n", "5\r\nhello\r\n0\r\nx"}) {
    INFO(body);
    CHECK(refusal_of(with(chunked, body)) == 0);
  }
}

TEST_CASE("chunk framing and trailers are limited like headers", "[net]") {
  net::Limits limits;
  limits.header_bytes = 1024;
  const std::string chunked = "Transfer-Encoding: chunked\r\n";
  CHECK(refusal_of(with(chunked, "1;" + std::string(2000, 'e')), limits) == 400);
  CHECK(refusal_of(with(chunked, "0\r\nT: " + std::string(2000, 't')), limits) == 400);
  std::string extended;
  for (int count = 0; count < 100; ++count) extended += "1;extension=" + std::string(50, 'e') + "\r\nx\r\n";
  CHECK(read(with(chunked, extended + "0\r\n\r\n"), 100, limits).refused == 400);
  std::string single;
  for (int count = 0; count < 10'000; ++count) single += "1\r\nx\r\n";
  CHECK(read(with(chunked, single + "0\r\n\r\n"), 100, limits).requests.size() == 1);
}

TEST_CASE("a client that waits for 100 Continue is seen once", "[net]") {
  const net::Limits limits;
  RequestReader reader(limits, nullptr);
  const auto feed = [&](std::string_view bytes) {
    std::memcpy(reader.room().data(), bytes.data(), bytes.size());
    reader.received(bytes.size());
    return reader.advance();
  };
  CHECK(feed(with("Expect: 100-continue\r\nContent-Length: 2\r\n")) == Progress::need_more);
  CHECK(reader.in_body());
  CHECK(reader.take_continue_wanted());
  CHECK_FALSE(reader.take_continue_wanted());
  CHECK(feed("a") == Progress::need_more);
  CHECK_FALSE(reader.take_continue_wanted());
  CHECK(feed("b") == Progress::complete);
  reader.next();
  // A client that sends its body all the same needs no telling.
  CHECK(feed(with("Expect: 100-continue\r\nContent-Length: 2\r\n", "a")) == Progress::need_more);
  CHECK_FALSE(reader.take_continue_wanted());
}

TEST_CASE("bytes at random break nothing", "[net]") {
  // Fragments that the parser knows, glued together at random, so that deep states are reached.
  const std::vector<std::string> fragments = {"GET ",
                                              "POST ",
                                              "/",
                                              "eureka",
                                              " HTTP/1.1\r\n",
                                              " HTTP/1.0\r\n",
                                              "Host: h\r\n",
                                              "\r\n",
                                              "\r",
                                              "\n",
                                              " ",
                                              "\t",
                                              ":",
                                              "Content-Length: 3\r\n",
                                              "abc",
                                              "0\r\n",
                                              "3\r\n",
                                              "Transfer-Encoding: chunked\r\n",
                                              ";x=\"\r\n\"",
                                              "\r\n\r\n",
                                              "Expect: 100-continue\r\n",
                                              "X:\r\n",
                                              "\xff",
                                              std::string(1, '\0'),
                                              "Connection: close\r\n",
                                              "GET / HTTP/1.1\r\nHost: h\r\n",
                                              "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"};
  net::Limits limits;
  limits.header_bytes = 300;
  limits.body_bytes = 40;
  std::mt19937 random(20'261'124);
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes;
    for (std::size_t count = random() % 24; count > 0; --count) bytes += fragments[random() % fragments.size()];
    const std::size_t piece = 1 + random() % 40;
    CAPTURE(round, bytes, piece);
    // When a fault is seen may depend on the cutting, which requests come before it may not.
    REQUIRE(read(bytes, piece, limits).requests == read(bytes, 4096, limits).requests);
  }
}

}  // namespace muster
