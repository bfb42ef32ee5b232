// Goal: clients get the type and the coding that they ask for, and compressed bodies cannot do harm.
// Method: headers as text; bodies compressed by our own hand, whole, cut and blown up.
#include <catch2/catch.hpp>

#include <array>

#include "server/api/content.hpp"

namespace {

using namespace muster::api;

/// A request with one header.
class With {
 public:
  With(std::string_view name, std::string_view value) : headers_{Header{name, value}} { request_.headers = headers_; }
  With& body(std::string_view bytes) {
    request_.body = bytes;
    return *this;
  }
  operator const Request&() const { return request_; }

 private:
  std::array<Header, 1> headers_;
  Request request_;
};

bool takes_gzip(std::string_view accept_encoding) {
  return accepts_gzip(With("accept-encoding", accept_encoding));
}

}  // namespace

TEST_CASE("gzip is sent to those who take it") {
  CHECK_FALSE(accepts_gzip(Request{}));
  for (const char* value :
       {"gzip", "GZIP", "x-gzip", "*", "deflate, gzip", "br;q=1, gzip;q=0.001", "identity, *;q=0.5"}) {
    INFO(value);
    CHECK(takes_gzip(value));
  }
  for (const char* value : {"", "deflate", "identity", "br", "gzip;q=0", "gzip;q=0.000", "gzip; q=0, *", "*;q=0", ",",
                            "gzipped", "gzip;q=x"}) {
    INFO(value);
    CHECK_FALSE(takes_gzip(value));
  }
}

TEST_CASE("the most specific range of Accept counts") {
  const auto json = [](std::string_view accept) { return accept_quality(accept, "application/json"); };
  CHECK(json("") == 1000);
  CHECK(json("*/*") == 1000);
  CHECK(json("application/*;q=0.5") == 500);
  CHECK(json("APPLICATION/JSON") == 1000);
  CHECK(json("application/json;charset=utf-8") == 1000);
  CHECK(json("application/json;charset=utf-8;q=0.2") == 200);
  CHECK(json("application/json;q=0.1, application/xml") == 100);
  CHECK(json("*/*;q=0.8, application/json;q=0") == 0);
  CHECK(json("application/json;q=0, */*;q=0.8") == 0);
  CHECK(json("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8") == 800);
  CHECK(json("application/json;q=0.123") == 123);
  CHECK(json("application/json;q=1.0") == 1000);
  for (const char* accept : {"text/html", "text/json", "application/*+json", "application/vnd.x+json", "garbage",
                             "text/*", "application/json;q=0", ",", ";;;"}) {
    INFO(accept);
    CHECK(json(accept) == 0);
  }
}

TEST_CASE("a request body comes as it is or inflated") {
  std::string storage;
  CHECK(std::get<std::string_view>(body_of(Request{}, 10, storage)).empty());
  CHECK(std::get<std::string_view>(body_of(With("Content-Encoding", "identity").body("plain"), 5, storage)) == "plain");
  const std::string packed = gzip("hello hello hello");
  CHECK(std::get<std::string_view>(body_of(With("Content-Encoding", "GZIP").body(packed), 17, storage)) ==
        "hello hello hello");
  CHECK(std::get<std::string_view>(body_of(With("content-encoding", " x-gzip ").body(packed), 100, storage)) ==
        "hello hello hello");
}

TEST_CASE("a body over the limit is refused before and after inflating") {
  std::string storage;
  CHECK(std::get<BodyError>(body_of(With("x", "y").body("123456"), 5, storage)) == BodyError::too_large);
  const std::string packed = gzip("hello hello hello");
  CHECK(std::get<BodyError>(body_of(With("Content-Encoding", "gzip").body(packed), 16, storage)) ==
        BodyError::too_large);
  const std::string bomb = gzip(std::string(50'000'000, 'a'));
  CHECK(std::get<BodyError>(body_of(With("Content-Encoding", "gzip").body(bomb), 1 << 20, storage)) ==
        BodyError::too_large);
  CHECK(storage.capacity() < 4u << 20);
}

TEST_CASE("gzip of several members is one body, under one limit") {
  std::string storage;
  const auto read = [&](const std::string& body, std::size_t bytes_max) {
    return body_of(With("Content-Encoding", "gzip").body(body), bytes_max, storage);
  };
  const std::string two = gzip("hello ") + gzip("world");
  CHECK(std::get<std::string_view>(read(two, 11)) == "hello world");
  CHECK(std::get<BodyError>(read(two, 10)) == BodyError::too_large);
  CHECK(std::get<std::string_view>(read(gzip("") + two + gzip(""), 11)) == "hello world");
  const std::string large(100'000, 'a');
  CHECK(std::get<std::string_view>(read(gzip(large) + gzip("b") + gzip(large), 200'001)) == large + "b" + large);
  CHECK(std::get<BodyError>(read(gzip(large) + gzip(large), 199'999)) == BodyError::too_large);
  CHECK(std::get<BodyError>(read(two + "x", 1000)) == BodyError::broken);
  CHECK(std::get<BodyError>(read(two + std::string(8, '\0'), 1000)) == BodyError::broken);
  CHECK(std::get<BodyError>(read(two.substr(0, two.size() - 1), 1000)) == BodyError::broken);
}

TEST_CASE("what is not gzip although it says so is refused") {
  std::string storage;
  const std::string packed = gzip("hello hello hello");
  const std::string cut = packed.substr(0, packed.size() - 3);
  const std::string more = packed + "x";
  std::string damaged = packed;
  damaged[packed.size() - 5] = static_cast<char>(damaged[packed.size() - 5] ^ 1);
  for (const std::string& body : {std::string(), std::string("{}"), cut, more, damaged})
    CHECK(std::get<BodyError>(body_of(With("Content-Encoding", "gzip").body(body), 1000, storage)) ==
          BodyError::broken);
  CHECK(std::get<BodyError>(body_of(With("Content-Encoding", "br").body("x"), 1000, storage)) ==
        BodyError::unsupported_encoding);
}

TEST_CASE("a known tag is recognised alone, weak, and in a list") {
  const auto matches = [](std::string_view value) { return matches_etag(With("if-none-match", value), "\"a-1\""); };
  CHECK(matches("\"a-1\""));
  CHECK(matches("W/\"a-1\""));
  CHECK(matches("\"b\", \"a-1\""));
  CHECK(matches("*"));
  CHECK_FALSE(matches("\"a-2\""));
  CHECK_FALSE(matches("a-1"));
  CHECK_FALSE(matches(""));
  CHECK_FALSE(matches_etag(Request{}, "\"a-1\""));
}
