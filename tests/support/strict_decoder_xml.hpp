#pragma once

#include <string_view>

#include "tests/support/strict_decoder.hpp"

// The XML half of strict_decoder.hpp.
namespace muster::test::strict {

StrictList decode_list_xml(std::string_view body, eureka::Shape shape);
StrictApplication decode_application_xml(std::string_view body, eureka::Shape shape);
StrictInstance decode_instance_xml(std::string_view body);

}  // namespace muster::test::strict
