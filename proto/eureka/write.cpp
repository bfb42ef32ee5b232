#include "proto/eureka/write.hpp"

#include "proto/eureka/write_json.hpp"
#include "proto/eureka/write_xml.hpp"

namespace muster::eureka {

void write_instance(std::string& out, const InstanceOut& instance, Format format, Shape shape) {
  if (format == Format::json)
    json::write_instance(out, instance, shape);
  else
    xml::write_instance(out, instance, shape);
}

void write_single(std::string& out, const InstanceOut& instance, Format format) {
  if (format == Format::json)
    json::write_single(out, instance);
  else
    xml::write_single(out, instance);
}

void open_list(std::string& out, std::string_view version, std::string_view hash, Format format, Shape shape) {
  if (format == Format::json)
    json::open_list(out, version, hash, shape);
  else
    xml::open_list(out, version, hash, shape);
}

void close_list(std::string& out, std::string_view version, std::string_view hash, Format format, Shape shape) {
  if (format == Format::json)
    json::close_list(out, version, hash, shape);
  else
    xml::close_list(out, version, hash, shape);
}

void open_application(std::string& out, std::string_view app, Format format, Shape /*shape*/) {
  if (format == Format::json)
    json::open_application(out, app);
  else
    xml::open_application(out, app);
}

void close_application(std::string& out, Format format, Shape /*shape*/) {
  if (format == Format::json)
    json::close_application(out);
  else
    xml::close_application(out);
}

void open_application_document(std::string& out, std::string_view app, Format format, Shape /*shape*/) {
  if (format == Format::json)
    json::open_application_document(out, app);
  else
    xml::open_application_document(out, app);
}

void close_application_document(std::string& out, Format format, Shape /*shape*/) {
  if (format == Format::json)
    json::close_application_document(out);
  else
    xml::close_application_document(out);
}

}  // namespace muster::eureka
