#include <catch2/catch.hpp>

#include <array>
#include <limits>

#include "proto/v1/json_writer.hpp"
#include "proto/v1/nearest.hpp"

// The small parts that native documents are made of.
using namespace muster;

TEST_CASE("times are RFC 3339 in UTC, of every year that it can write") {
  CHECK(v1::rfc3339(0) == "1970-01-01T00:00:00.000Z");
  CHECK(v1::rfc3339(1'709'210'096'789) == "2024-02-29T12:34:56.789Z");
  CHECK(v1::rfc3339(-1) == "1969-12-31T23:59:59.999Z");
  CHECK(v1::rfc3339(std::numeric_limits<std::int64_t>::max()) == "9999-12-31T23:59:59.999Z");
  CHECK(v1::rfc3339(std::numeric_limits<std::int64_t>::min()) == "0000-01-01T00:00:00.000Z");
}

TEST_CASE("JSON is written with commas where they belong") {
  std::string text;
  v1::JsonWriter out(text);
  out.open_object().key("a").open_array().number(-1).count(2).boolean(true).null().open_object().close_object();
  out.open_array().close_array().close_array().text("b", "\"\n").text_or_null("c", "").time_or_null("d", 0);
  out.key("e").raw("[1]").close_object();
  CHECK(text == R"({"a":[-1,2,true,null,{},[]],"b":"\"\n","c":null,"d":null,"e":[1]})");
}

TEST_CASE("the nearest name is found, and none when all are far") {
  constexpr std::array<std::string_view, 4> names{"port", "host_name", "lease", "status"};
  CHECK(v1::nearest("prot", names) == "port");
  CHECK(v1::nearest("ports", names) == "port");
  CHECK(v1::nearest("hostName", names) == "host_name");
  CHECK(v1::nearest("hostname", names) == "host_name");
  CHECK(v1::nearest("STATUS", names) == "status");
  CHECK(v1::nearest("host-name", names) == "host_name");
  CHECK(v1::nearest("weight", names).empty());
  CHECK(v1::nearest("po", names).empty());
  CHECK(v1::nearest("", names).empty());
  CHECK(v1::nearest(std::string(1000, 'p'), names).empty());
}
