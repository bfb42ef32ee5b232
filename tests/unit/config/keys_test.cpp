// Goal: the table of keys is sound, and its ranges refuse what lies outside. Method: walk it, and probe it at the
// edges.
#include <set>

#include <catch2/catch.hpp>

#include "config/endpoint.hpp"
#include "config/keys.hpp"

using namespace muster::config;

TEST_CASE("every key has a name, a variable and a sentence of its own") {
  std::set<std::string> names, variables, docs;
  for (const Key& key : keys()) {
    INFO(key.name);
    CHECK(names.insert(std::string(key.name)).second);
    CHECK(variables.insert(environment_name(key)).second);
    CHECK(docs.insert(std::string(key.doc)).second);
    CHECK(find_key(key.name) == &key);
    CHECK_FALSE(refusal(key, default_value(key)).has_value());
  }
  CHECK(environment_name(*find_key("lease.duration_s")) == "MUSTER_LEASE_DURATION_S");
}

TEST_CASE("each key writes its own member and nothing else") {
  for (const Key& key : keys()) {
    INFO(key.name);
    Settings settings;
    Value other = key.read(settings);
    if (auto* flag = std::get_if<bool>(&other)) *flag = !*flag;
    if (auto* number = std::get_if<std::int64_t>(&other)) *number += 1;
    if (auto* text = std::get_if<std::string>(&other)) *text += "x";
    if (auto* texts = std::get_if<Texts>(&other)) texts->push_back("http://a:1");
    key.write(settings, other);
    for (const Key& any : keys()) CHECK((any.read(settings) == (any.name == key.name ? other : default_value(any))));
  }
}

TEST_CASE("a number at the edge of its range may be set, one step outside not") {
  for (const Key& key : keys()) {
    if (!std::holds_alternative<std::int64_t>(default_value(key))) continue;
    INFO(key.name);
    CHECK(key.min <= std::get<std::int64_t>(default_value(key)));
    CHECK(key.max >= std::get<std::int64_t>(default_value(key)));
    CHECK_FALSE(refusal(key, key.min).has_value());
    CHECK_FALSE(refusal(key, key.max).has_value());
    CHECK(refusal(key, key.min - 1).value() == "must be " + range_text(key));
    CHECK(refusal(key, key.max + 1).has_value());
    CHECK(refusal(key, std::string("1")).value() == "must be a whole number");
  }
}

TEST_CASE("peers must be URLs or hosts, without TLS") {
  const Key& peers = *find_key("cluster.peers");
  for (const char* good : {"http://10.0.0.2:8761", "http://node-b.example", "http://[::1]:8761/",
                           "http://node_b:1/eureka/", "10.0.0.2:8761", "node-b", "[::1]:8761", "HTTP://a"}) {
    INFO(good);
    CHECK_FALSE(refusal(peers, Texts{good}).has_value());
  }
  for (const char* bad :
       {"", "https://node-b.example", "ftp://a", "http://", "http://a b", "http://a:99999", "http://a\n", "a:0"}) {
    INFO(bad);
    CHECK(refusal(peers, Texts{"http://a", bad}).has_value());
  }
  CHECK(refusal(peers, Texts(65, "http://a")).has_value());
}

TEST_CASE("a secret is long, and shown to nobody") {
  const Key& secret = *find_key("cluster.secret");
  CHECK_FALSE(refusal(secret, std::string()).has_value());
  CHECK_FALSE(refusal(secret, std::string("sixteen bytes so")).has_value());
  CHECK(refusal(secret, std::string("too short")).value().find("guessed") != std::string::npos);
  CHECK(refusal(secret, std::string("sixteen bytes so\n")).has_value());
  CHECK(shown(secret, std::string("sixteen bytes so")) == Value{std::string("(set)")});
  CHECK(shown(secret, std::string()) == Value{std::string()});
  CHECK(shown(*find_key("cluster.id"), std::string("x")) == Value{std::string("x")});
  CHECK(refusal(*find_key("cluster.id"), std::string()).has_value());
}

TEST_CASE("an address to listen on has a host and a port") {
  CHECK(parse_endpoint("127.0.0.1:0")->host == "127.0.0.1");
  CHECK(parse_endpoint("[::1]:8761")->host == "::1");
  CHECK(parse_endpoint("[::1]:8761")->port == 8761);
  CHECK(parse_endpoint("localhost:65535")->port == 65535);
  for (const char* bad : {"", ":", ":8761", "8761", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1",
                          "::1:8761", "[]:1", "[::1]", "[127.0.0.1]:1", "a b:1", "127.0.0.1:8761x"}) {
    INFO(bad);
    CHECK_FALSE(parse_endpoint(bad).has_value());
  }
}
