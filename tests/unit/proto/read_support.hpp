#pragma once

#include <catch2/catch.hpp>
#include <string>
#include <string_view>

#include "proto/eureka/read.hpp"

// Bodies with one thing changed, and results that fail the test where they are not what it needs.
namespace muster::test {

inline eureka::Registration accepted(const eureka::ReadResult& result) {
  const auto* error = std::get_if<eureka::ReadError>(&result);
  INFO((error == nullptr ? "" : error->field + ": " + error->message));
  REQUIRE(error == nullptr);
  return std::get<eureka::Registration>(result);
}

inline eureka::ReadError refused(const eureka::ReadResult& result) {
  REQUIRE(std::holds_alternative<eureka::ReadError>(result));
  const auto& error = std::get<eureka::ReadError>(result);
  CHECK_FALSE(error.message.empty());
  return error;
}

}  // namespace muster::test
