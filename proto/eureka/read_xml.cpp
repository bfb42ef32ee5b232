#include <pugixml.hpp>

#include <optional>

#include "proto/eureka/builder.hpp"
#include "proto/eureka/read.hpp"
#include "proto/eureka/scalars.hpp"
#include "proto/eureka/text.hpp"
#include "proto/eureka/xml_scan.hpp"
#include "proto/model/ascii.hpp"

namespace muster::eureka {
namespace {

constexpr unsigned parse_options = pugi::parse_cdata | pugi::parse_escapes | pugi::parse_eol |
                                   pugi::parse_wconv_attribute | pugi::parse_ws_pcdata_single;

/// The character data directly inside an element, CDATA sections included.
std::string text_of(pugi::xml_node element) {
  std::string text;
  for (const pugi::xml_node child : element.children())
    if (child.type() == pugi::node_pcdata || child.type() == pugi::node_cdata) text.append(child.value());
  return text;
}

bool is_element(pugi::xml_node node) {
  return node.type() == pugi::node_element;
}

class XmlReader {
 public:
  ReadResult read(pugi::xml_node root) {
    const std::string_view name = root.name();
    if (name != "instance" && name != "com.netflix.appinfo.InstanceInfo")
      return ReadError{"", "has the root element <" + std::string(name) + ">; send <instance>"};
    for (const pugi::xml_node element : root.children()) {
      if (!is_element(element)) continue;
      if (auto error = read_field(element)) return *std::move(error);
    }
    return builder_.finish();
  }

 private:
  std::optional<ReadError> read_field(pugi::xml_node element) {
    const Field field = find_field(element.name());
    switch (field) {
      case Field::unknown:
        break;
      case Field::port:
      case Field::secure_port:
        return read_port(field, element);
      case Field::data_center_info:
        return read_data_center(element);
      case Field::lease_info:
        read_lease(element);
        break;
      case Field::metadata:
        read_metadata(element);
        break;
      default:
        builder_.set(field, text_of(element));
        break;
    }
    return std::nullopt;
  }

  std::optional<ReadError> read_port(Field field, pugi::xml_node element) {
    const std::string number = text_of(element);
    std::optional<std::string_view> enabled;
    if (const pugi::xml_attribute attribute = element.attribute("enabled")) enabled = attribute.value();
    return builder_.set_port(field, number, enabled);
  }

  /// The name alone decides: several clients write no class, or a wrong one.
  std::optional<ReadError> read_data_center(pugi::xml_node element) {
    const std::string name = text_of(element.child("name"));
    if (name.empty()) return std::nullopt;
    const bool amazon = model::equal_ignoring_case(name, "Amazon");
    if (!amazon && name != "Netflix" && name != "MyOwn")
      return ReadError{"instance.dataCenterInfo.name", "is unknown; send Netflix, Amazon or MyOwn"};
    builder_.start_data_center();
    builder_.set_data_center_name(amazon ? "Amazon" : name);
    for (const pugi::xml_node entry : element.child("metadata").children())
      if (is_element(entry)) builder_.add_data_center_metadata(decode_xml_name(entry.name()), text_of(entry));
    return std::nullopt;
  }

  void read_lease(pugi::xml_node element) {
    builder_.start_lease();
    for (const pugi::xml_node entry : element.children())
      if (is_element(entry)) builder_.set_lease(entry.name(), text_of(entry));
  }

  void read_metadata(pugi::xml_node element) {
    builder_.start_metadata();
    for (const pugi::xml_node entry : element.children())
      if (is_element(entry)) builder_.add_metadata(decode_xml_name(entry.name()), text_of(entry));
  }

  RegistrationBuilder builder_;
};

}  // namespace

ReadResult read_xml(std::string_view body, int depth_max) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (body.starts_with(byte_order_mark)) body.remove_prefix(byte_order_mark.size());
  if (trim(body).empty()) return ReadError{"", "is empty; send one instance as XML"};
  if (std::optional<std::string> problem = scan_xml(body, depth_max)) return ReadError{"", *std::move(problem)};

  std::string copy(body);  // the parser works in place
  pugi::xml_document document;
  const pugi::xml_parse_result parsed =
      document.load_buffer_inplace(copy.data(), copy.size(), parse_options, pugi::encoding_utf8);
  if (!parsed) return ReadError{"", std::string("is not well-formed XML: ").append(parsed.description())};
  return XmlReader().read(document.document_element());
}

}  // namespace muster::eureka
