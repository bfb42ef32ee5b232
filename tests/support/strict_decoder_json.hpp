#pragma once

#include <string_view>

#include "tests/support/strict_decoder.hpp"

// The JSON half of strict_decoder.hpp.
namespace muster::test::strict {

StrictList decode_list_json(std::string_view body, eureka::Shape shape);
StrictApplication decode_application_json(std::string_view body, eureka::Shape shape);
StrictInstance decode_instance_json(std::string_view body);

}  // namespace muster::test::strict
