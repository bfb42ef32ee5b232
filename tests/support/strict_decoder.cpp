#include "tests/support/strict_decoder.hpp"

#include "tests/support/strict_decoder_json.hpp"
#include "tests/support/strict_decoder_xml.hpp"

namespace muster::test {

StrictList decode_list(std::string_view body, eureka::Format format, eureka::Shape shape) {
  return format == eureka::Format::json ? strict::decode_list_json(body, shape) : strict::decode_list_xml(body, shape);
}

StrictApplication decode_application(std::string_view body, eureka::Format format, eureka::Shape shape) {
  return format == eureka::Format::json ? strict::decode_application_json(body, shape)
                                        : strict::decode_application_xml(body, shape);
}

StrictInstance decode_instance(std::string_view body, eureka::Format format) {
  return format == eureka::Format::json ? strict::decode_instance_json(body) : strict::decode_instance_xml(body);
}

}  // namespace muster::test
