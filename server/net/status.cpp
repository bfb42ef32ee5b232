#include "server/net/status.hpp"

#include <array>
#include <string>

namespace muster::net {
namespace {

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
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 206:
      return "Partial Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 303:
      return "See Other";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 411:
      return "Length Required";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 421:
      return "Misdirected Request";
    case 422:
      return "Unprocessable Content";
    case 428:
      return "Precondition Required";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    case 507:
      return "Insufficient Storage";
    default:
      return {};  // Any number may come.
  }
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
