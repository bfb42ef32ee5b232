#include "server/net/status.hpp"

#include <array>
#include <string>

namespace muster::net {
namespace {

struct Reason {
  unsigned status;
  std::string_view phrase;
};

constexpr Reason reasons[] = {
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {206, "Partial Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {426, "Upgrade Required"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
    {507, "Insufficient Storage"},
};

constexpr unsigned first_status = 200;
constexpr unsigned last_status = 599;

std::array<std::string, last_status - first_status + 1> make_lines() {
  std::array<std::string, last_status - first_status + 1> lines;
  for (unsigned status = first_status; status <= last_status; ++status)
    lines[status - first_status] = "HTTP/1.1 " + std::to_string(status) + " " + std::string(reason(status)) + "\r\n";
  return lines;
}

bool is_eureka(std::string_view target) {
  constexpr std::string_view root = "/eureka";
  return target.substr(0, root.size()) == root;
}

}  // namespace

std::string_view reason(unsigned status) {
  for (const auto& [number, phrase] : reasons)
    if (number == status) return phrase;
  return {};
}

std::string_view status_line(unsigned status) {
  static const auto lines = make_lines();
  if (status < first_status || status > last_status) status = 500;
  return lines[status - first_status];
}

api::Response refusal(unsigned status, std::string_view detail, std::string_view target) {
  api::Response response;
  response.status = status;
  response.close = true;
  if (status == 503) response.add_header("Retry-After", "1");
  if (target.empty() || is_eureka(target)) return response;
  response.content_type = "application/problem+json";
  // Both texts are constants of this room: nothing in them needs escaping.
  response.text.append(R"({"type":"about:blank","title":")").append(reason(status));
  response.text.append(R"(","status":)").append(std::to_string(status));
  response.text.append(R"(,"detail":")").append(detail).append("\"}");
  return response;
}

}  // namespace muster::net
