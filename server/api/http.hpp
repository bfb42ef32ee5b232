#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/core/command.hpp"

// The seam between `server/net`, which owns sockets, and the faces in `server/api`, which own meaning.
namespace muster::api {

enum class Method : std::uint8_t { get, head, post, put, delete_, patch, options, other };

struct Header {
  std::string_view name;   ///< as sent; compare ignoring case
  std::string_view value;  ///< without surrounding blanks
};

/// One request, whole. All views point into the session's buffers: valid until respond() has been called.
struct Request {
  Method method = Method::get;
  std::string_view method_name;  ///< as sent
  std::string_view target;       ///< as sent: path and query, percent-encoded
  std::span<const Header> headers;
  std::string_view body;  ///< as sent: not inflated
  core::CallerPtr caller;

  /// The first header of this name, any case; empty when there is none.
  std::string_view header(std::string_view name) const;
  bool has_header(std::string_view name) const;
  /// Path and query, split at the first '?'.
  std::string_view path() const;
  std::string_view query() const;
};

/// Bytes that somebody else keeps alive: sent without being copied.
struct SharedBytes {
  std::shared_ptr<const void> owner;
  std::string_view bytes;
};

/// An answer. The body is `text`, followed by `shared`.
struct Response {
  unsigned status = 200;
  std::string_view content_type;  ///< of static lifetime; empty: no Content-Type header
  std::string header_lines;       ///< further headers, each "Name: value\r\n"; see add_header()
  std::string text;
  std::vector<SharedBytes> shared;  ///< the owner of the first part stands for the whole body
  bool close = false;               ///< close the connection after it

  /// Appends a header. Characters that would end the line are left out of `value`.
  Response& add_header(std::string_view name, std::string_view value);
  std::size_t body_size() const;
};

/// Where the answer goes. Called exactly once for each request, on the loop of the session, possibly before
/// Handler::handle returns. Lives until it has been called, whatever becomes of the connection.
class Responder {
 public:
  virtual void respond(Response response) = 0;

 protected:
  ~Responder() = default;
};

/// Takes requests of every session of one I/O loop. An exception out of handle() before respond() was called is
/// answered by the session with 500 and counted.
class Handler {
 public:
  virtual ~Handler() = default;
  virtual void handle(const Request& request, Responder& responder) = 0;
};

}  // namespace muster::api
