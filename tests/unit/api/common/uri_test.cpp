// Goal: targets as clients of every language write them are taken apart as meant, and nonsense is refused.
// Method: targets as text, against segments and parameters.
#include <catch2/catch.hpp>

#include "server/api/uri.hpp"

namespace {

using muster::api::parse_target;
using Segments = std::vector<std::string>;

Segments segments_of(std::string_view target) {
  const auto parsed = parse_target(target);
  REQUIRE(parsed);
  return parsed->segments;
}

}  // namespace

TEST_CASE("slashes that say nothing are left out") {
  CHECK(segments_of("/eureka/apps") == Segments{"eureka", "apps"});
  CHECK(segments_of("//eureka//apps/") == Segments{"eureka", "apps"});
  CHECK(segments_of("/").empty());
  CHECK(segments_of("").empty());
  CHECK(segments_of("/a/./..") == Segments{"a", ".", ".."});
}

TEST_CASE("segments are decoded once, with either case of hexadecimal digits") {
  CHECK(segments_of("/apps/h%3Ab%3a1") == Segments{"apps", "h:b:1"});
  CHECK(segments_of("/a%20b/c+d") == Segments{"a b", "c+d"});
  CHECK(segments_of("/%C3%84") == Segments{"\xc3\x84"});
  CHECK(segments_of("/%2541") == Segments{"%41"});
}

TEST_CASE("parameters of a segment are dropped, encoded semicolons are not") {
  CHECK(segments_of("/apps/id;x=1/status;y") == Segments{"apps", "id", "status"});
  CHECK(segments_of("/apps/;x=1/id") == Segments{"apps", "id"});
  CHECK(segments_of("/id%3Bx") == Segments{"id;x"});
}

TEST_CASE("bad escapes, bad text and hidden slashes are refused") {
  for (const char* target : {"/%", "/%4", "/%zz", "/a%2Fb", "/a%5cb", "/a\\b", "/%00", "/%ff", "/a?b=%", "/a?%ff=1",
                             "/a?b=%0g", "/a?b=%00"}) {
    INFO(target);
    CHECK_FALSE(parse_target(target));
  }
}

TEST_CASE("query parameters keep their order, and the first value wins") {
  const auto parsed = parse_target("/m?a=1&a=2&e=&f&g=a%20b+c%26&h=x=y&&=z?w");
  REQUIRE(parsed);
  const std::vector<std::pair<std::string, std::string>> expected{{"a", "1"},      {"a", "2"},   {"e", ""},  {"f", ""},
                                                                  {"g", "a b c&"}, {"h", "x=y"}, {"", "z?w"}};
  CHECK(parsed->query == expected);
  CHECK(parsed->parameter("a") == std::string_view("1"));
  CHECK(parsed->parameter("f") == std::string_view(""));
  CHECK_FALSE(parsed->parameter("x"));
}

TEST_CASE("a target in absolute form is taken like its path") {
  CHECK(segments_of("http://host:8761/eureka/apps?x") == Segments{"eureka", "apps"});
  CHECK(segments_of("http://host").empty());
  CHECK(segments_of("/redirect/http://host/x") == Segments{"redirect", "http:", "host", "x"});
  CHECK(segments_of("*") == Segments{"*"});
}

TEST_CASE("what is encoded decodes to the same") {
  std::string all;
  for (int c = 0; c < 256; ++c) all.push_back(static_cast<char>(c));
  CHECK(muster::api::percent_decode(muster::api::percent_encode(all)) == all);
  CHECK(muster::api::percent_encode("a:b/c~d") == "a%3Ab%2Fc~d");
}
