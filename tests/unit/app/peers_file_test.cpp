// Goal: the files of a cluster are read as people and programs write them. Method: texts.
#include <catch2/catch.hpp>

#include "server/app/peers_file.hpp"
#include "server/app/secret_file.hpp"

using namespace muster::app;

TEST_CASE("a file of peers has one a line") {
  const PeersFile read = parse_peers_file(
      "\xef\xbb\xbf# the nodes\r\nhttp://a:8761\r\n\n  b:1  \n\t# no more\nhttp://10.0.0.3:8761/eureka/\n[::1]:80");
  CHECK(read.peers == std::vector<std::string>{"http://a:8761", "b:1", "http://10.0.0.3:8761/eureka/", "[::1]:80"});
  CHECK(read.problems.empty());
  CHECK(parse_peers_file("").peers.empty());
}

TEST_CASE("a bad line in a file of peers costs no other") {
  const PeersFile read = parse_peers_file("a\nhttps://b\nc d\ne");
  CHECK(read.peers == std::vector<std::string>{"a", "e"});
  REQUIRE(read.problems.size() == 2);
  CHECK_THAT(read.problems[0], Catch::StartsWith("line 2: entry \"https://b\" must begin with http://"));
  CHECK_THAT(read.problems[1], Catch::StartsWith("line 3: entry \"c d\" must be"));
}

TEST_CASE("a file of peers has an end") {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "node-" + std::to_string(i) + "\n";
  const PeersFile read = parse_peers_file(text);
  CHECK(read.peers.size() == 64);
  CHECK(read.problems == std::vector<std::string>{"line 65: more than 64 peers; the rest is left out"});
}

TEST_CASE("a file with a secret has it in its first line") {
  CHECK(parse_secret_file("  sixteen bytes so \r\nnot this").secret == "sixteen bytes so");
  CHECK(parse_secret_file("\nsixteen bytes so").problem == "its first line is empty");
  CHECK(parse_secret_file("").problem == "its first line is empty");
  const SecretFile bad = parse_secret_file("guessable");
  CHECK(bad.secret.empty());
  CHECK_THAT(bad.problem, Catch::StartsWith("its first line must have at least 16 bytes"));
  CHECK(bad.problem.find("guessable") == std::string::npos);
}
