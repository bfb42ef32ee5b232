#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proto/model/ascii.hpp"
#include "server/api/http.hpp"

// Puts one request to a face without a socket and keeps the answer.
namespace muster::test {

/// What a test sends. Everything lives as long as this object.
struct Call {
  std::string method = "GET";
  std::string target = "/";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string caller_address = "192.0.2.10";
};

/// The answer with its body in one piece.
struct Answer {
  unsigned status = 0;
  std::string content_type;
  std::string header_lines;
  std::string body;

  /// The first header of this name, any case; none when it is absent.
  std::optional<std::string> header(std::string_view name) const {
    std::string_view rest = header_lines;
    while (!rest.empty()) {
      const auto end = rest.find("\r\n");
      const std::string_view line = rest.substr(0, end);
      rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 2);
      const auto colon = line.find(": ");
      if (colon != std::string_view::npos && model::equal_ignoring_case(line.substr(0, colon), name))
        return std::string(line.substr(colon + 2));
    }
    return std::nullopt;
  }
};

inline api::Method method_of(std::string_view name) {
  if (name == "GET") return api::Method::get;
  if (name == "HEAD") return api::Method::head;
  if (name == "POST") return api::Method::post;
  if (name == "PUT") return api::Method::put;
  if (name == "DELETE") return api::Method::delete_;
  if (name == "PATCH") return api::Method::patch;
  if (name == "OPTIONS") return api::Method::options;
  return api::Method::other;
}

/// Precondition: the face answers before handle() returns (an inline registry and background do).
inline Answer send(api::Handler& face, const Call& call) {
  struct Keep final : api::Responder {
    Answer answer;
    int calls = 0;
    void respond(api::Response response) override {
      ++calls;
      answer.status = response.status;
      answer.content_type = response.content_type;
      answer.header_lines = response.header_lines;
      answer.body = response.text;
      for (const api::SharedBytes& part : response.shared) answer.body += part.bytes;
    }
  } keep;
  std::vector<api::Header> headers;
  for (const auto& [name, value] : call.headers) headers.push_back({name, value});
  api::Request request;
  request.method = method_of(call.method);
  request.method_name = call.method;
  request.target = call.target;
  request.headers = headers;
  request.body = call.body;
  request.caller = std::make_shared<const core::Caller>(core::Caller{call.caller_address, ""});
  face.handle(request, keep);
  if (keep.calls != 1) keep.answer.status = 0;  // no answer, or two: no test expects status 0
  return keep.answer;
}

}  // namespace muster::test
