#include <catch2/catch.hpp>
#include <string>

#include "proto/eureka/text.hpp"

using namespace muster::eureka;

// Goal: every metadata key becomes an element name that all XML parsers take, and comes back as it was.
// Method: the escapes that Java's readers decode, one by one, then all at once there and back.

namespace {

std::string name_of(std::string_view key) {
  std::string out;
  append_xml_name(out, key);
  return out;
}

}  // namespace

TEST_CASE("keys become element names by the dialect's escapes") {
  CHECK(name_of("plain") == "plain");
  CHECK(name_of("management.port") == "management.port");
  CHECK(name_of("instance-id") == "instance-id");
  CHECK(name_of("A_B") == "A__B");
  CHECK(name_of("$k") == "_-k");
  CHECK(name_of("a b") == "a_.0020b");
  CHECK(name_of("a/b") == "a_.002fb");
  CHECK(name_of("1st") == "_.0031st");
  CHECK(name_of("-x") == "_.002dx");
  CHECK(name_of(".x") == "_.002ex");
  CHECK(name_of("@k") == "_.0040k");
  CHECK(name_of("\xC3\xBC") == "\xC3\xBC");  // ü
}

TEST_CASE("what would break a parser is escaped as well") {
  CHECK(name_of("a:b") == "a_.003ab");  // a namespace prefix that nobody declared
  CHECK(name_of("\x01") == "_.0001");
  CHECK(name_of(std::string_view("\0", 1)) == "_.0000");
  CHECK(name_of("\xE2\x82\xAC") == "_.20ac");            // €: no letter
  CHECK(name_of("\xF0\x9F\x98\x80") == "_.d83d_.de00");  // beyond the BMP: a surrogate pair
  CHECK(name_of("\xFF") == "_.fffd");                    // no UTF-8 at all
  CHECK(name_of("") == "");
}

TEST_CASE("every key comes back") {
  for (const char* key : {"plain",
                          "A_B",
                          "__",
                          "_",
                          "$",
                          "_-",
                          "$_$",
                          "a b",
                          "1",
                          "-",
                          ".",
                          ":",
                          "x:y",
                          "_.0041",
                          "\xC3\xBC",
                          "\xE2\x82\xAC",
                          "\xF0\x9F\x98\x80",
                          "\x01\x1f\x7f",
                          "\xE6\x97\xA5",
                          "\xEF\xBF\xBF"})
    CHECK(decode_xml_name(name_of(key)) == key);
}

TEST_CASE("escapes that are none are left as they are") {
  for (const char* name : {"_x", "a_", "_.", "_.00", "_.zzzz", "_.d83d", "_.d83dx", "_.de00", "_.-001"})
    CHECK(decode_xml_name(name) == name);
}
