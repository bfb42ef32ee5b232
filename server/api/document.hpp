#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "server/api/http.hpp"

// Answers to GET that clients may keep and ask for again with If-None-Match.
namespace muster::api {

/// A strong tag (with its quotes) over these bytes. It is sent in its weak form, since compression changes the bytes.
std::string etag_of(std::string_view content);

/// 304 when the client has `etag` (given in its strong form) already; else 200 with the body, compressed if the client
/// takes that and it pays.
Response document_response(const Request& request, std::string_view etag, std::string body, std::string_view type);

/// Whether `etag` spares the client the body.
bool is_known(const Request& request, std::string_view etag);
Response not_modified(std::string_view etag);

/// A body that others read too. `compressed`: the bytes are gzip.
Response shared_response(std::string_view etag, std::shared_ptr<const std::string> body, std::string_view type,
                         bool compressed);

/// Smaller bodies are not worth compressing: they fit into one packet anyway.
inline constexpr std::size_t gzip_bytes_min = 1024;

}  // namespace muster::api
