#include "server/api/http.hpp"

#include "proto/model/ascii.hpp"

namespace muster::api {

std::string_view Request::header(std::string_view name) const {
  for (const Header& header : headers)
    if (model::equal_ignoring_case(header.name, name)) return header.value;
  return {};
}

bool Request::has_header(std::string_view name) const {
  for (const Header& header : headers)
    if (model::equal_ignoring_case(header.name, name)) return true;
  return false;
}

std::string_view Request::path() const {
  return target.substr(0, target.find('?'));
}

std::string_view Request::query() const {
  const auto mark = target.find('?');
  return mark == std::string_view::npos ? std::string_view{} : target.substr(mark + 1);
}

Response& Response::add_header(std::string_view name, std::string_view value) {
  header_lines.append(name).append(": ");
  for (const char c : value)
    if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) header_lines.push_back(c);
  header_lines.append("\r\n");
  return *this;
}

std::size_t Response::body_size() const {
  std::size_t size = text.size();
  for (const SharedBytes& part : shared) size += part.bytes.size();
  return size;
}

}  // namespace muster::api
