#include "proto/model/status.hpp"

#include <catch2/catch.hpp>

using namespace muster::model;

// Goal: the five names are exact on the wire, and careless clients are understood. Method: every name, both parsers.

TEST_CASE("every status has its name and is found by it") {
  const std::pair<Status, const char*> names[status_count] = {{Status::up, "UP"},
                                                              {Status::down, "DOWN"},
                                                              {Status::starting, "STARTING"},
                                                              {Status::out_of_service, "OUT_OF_SERVICE"},
                                                              {Status::unknown, "UNKNOWN"}};
  for (const auto& [status, name] : names) {
    CHECK(to_string(status) == name);
    CHECK(parse_status(name) == status);
    CHECK(parse_status_any_case(name) == status);
  }
}

TEST_CASE("case matters only where it is asked for") {
  CHECK_FALSE(parse_status("up"));
  CHECK(parse_status_any_case("up") == Status::up);
  CHECK(parse_status_any_case("Out_Of_Service") == Status::out_of_service);
}

TEST_CASE("other texts are no status") {
  for (const char* text : {"", "UP ", "UPP", "U", "OUT OF SERVICE", "1"}) {
    CHECK_FALSE(parse_status(text));
    CHECK_FALSE(parse_status_any_case(text));
  }
}
