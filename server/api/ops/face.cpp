#include "server/api/ops/face.hpp"

#include <utility>

#include "proto/v1/openapi.hpp"
#include "server/api/document.hpp"
#include "server/api/ops/front_page.hpp"
#include "server/api/problem.hpp"
#include "server/api/uri.hpp"

namespace muster::api::ops {
namespace {

constexpr std::string_view methods = "GET, HEAD, OPTIONS";
constexpr std::string_view plain_text = "text/plain; charset=utf-8";

/// What is true now and not to be kept.
Response momentary(unsigned status, std::string text, std::string_view type) {
  Response response;
  response.status = status;
  response.content_type = type;
  response.text = std::move(text);
  response.add_header("Cache-Control", "no-store");
  return response;
}

Response not_ready(std::string reason) {
  Response response = problem_response({.status = 503,
                                        .type = "not-ready",
                                        .title = "Not ready",
                                        .detail = std::move(reason),
                                        .field = {},
                                        .in = {},
                                        .limit = {}});
  response.add_header("Cache-Control", "no-store").add_header("Retry-After", "1");
  return response;
}

}  // namespace

Face::Face(Sources sources) : sources_(std::move(sources)) {}

void Face::handle(const Request& request, Responder& responder) {
  std::string_view path = origin_form(request.target);
  path = path.substr(0, path.find_first_of("?#"));
  if (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  const bool known = path == "/" || path.empty() || path == "/healthz" || path == "/readyz" || path == "/metrics" ||
                     path == "/openapi.json";
  if (!known) return responder.respond(no_such_path(path));
  if (request.method == Method::options) {
    Response response;
    response.status = 204;
    response.add_header("Allow", methods);
    return responder.respond(std::move(response));
  }
  if (request.method != Method::get && request.method != Method::head)
    return responder.respond(method_not_allowed(request.method_name, methods));

  if (path == "/healthz") return responder.respond(momentary(200, "ok\n", plain_text));
  if (path == "/readyz") {
    if (sources_.ready()) return responder.respond(momentary(200, "ready\n", plain_text));
    return responder.respond(not_ready(sources_.not_ready_reason()));
  }
  if (path == "/metrics") {
    return sources_.metrics([&responder](std::string text) {
      responder.respond(momentary(200, std::move(text), "text/plain; version=0.0.4; charset=utf-8"));
    });
  }
  if (path == "/openapi.json") {
    static const std::string etag = etag_of(muster::v1::openapi_json());
    std::string body(muster::v1::openapi_json());
    return responder.respond(document_response(request, etag, std::move(body), "application/json"));
  }
  std::string page = front_page(request.header("Host"));
  const std::string etag = etag_of(page);
  responder.respond(document_response(request, etag, std::move(page), plain_text));
}

}  // namespace muster::api::ops
