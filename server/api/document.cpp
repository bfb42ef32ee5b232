#include "server/api/document.hpp"

#include <cstdint>
#include <cstdio>

#include "server/api/content.hpp"

namespace muster::api {
namespace {

Response with_headers(unsigned status, std::string_view etag) {
  Response response;
  response.status = status;
  response.add_header("ETag", std::string("W/").append(etag));
  response.add_header("Cache-Control", "no-cache");  // may be kept, is asked for again each time
  response.add_header("Vary", "Accept-Encoding");
  return response;
}

}  // namespace

std::string etag_of(std::string_view content) {
  std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a: a tag need not withstand an attacker, who would fool only himself
  for (const char c : content) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001b3;
  }
  char text[24];
  const int length = std::snprintf(text, sizeof text, "\"%016llx\"", static_cast<unsigned long long>(hash));
  return std::string(text, static_cast<std::size_t>(length));
}

bool is_known(const Request& request, std::string_view etag) {
  return request.has_header("If-None-Match") && matches_etag(request, etag);
}

Response not_modified(std::string_view etag) {
  return with_headers(304, etag);
}

Response document_response(const Request& request, std::string_view etag, std::string body, std::string_view type) {
  if (is_known(request, etag)) return not_modified(etag);
  Response response = with_headers(200, etag);
  response.content_type = type;
  if (body.size() >= gzip_bytes_min && accepts_gzip(request)) {
    response.text = gzip(body);
    response.add_header("Content-Encoding", "gzip");
  } else {
    response.text = std::move(body);
  }
  return response;
}

Response shared_response(std::string_view etag, std::shared_ptr<const std::string> body, std::string_view type,
                         bool compressed) {
  Response response = with_headers(200, etag);
  response.content_type = type;
  if (compressed) response.add_header("Content-Encoding", "gzip");
  const std::string_view bytes = *body;
  response.shared.push_back({std::move(body), bytes});
  return response;
}

}  // namespace muster::api
