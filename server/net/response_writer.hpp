#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "server/api/http.hpp"

namespace muster::net {

/// Puts one response at a time on a socket: head, text and shared parts in one gathering call, as much as the kernel
/// takes, without copying the shared parts. Their owners live until the last byte is written or clear() is called.
class ResponseWriter {
 public:
  enum class Progress : std::uint8_t {
    done,
    blocked,  ///< the rest goes when the socket is writable again
    broken,   ///< the connection is gone
  };
  struct Form {
    bool without_body = false;  ///< the answer to HEAD: headers as for GET
    bool keep_alive = true;
    bool http_1_0 = false;  ///< such a client must be told that the connection stays
  };

  void start(api::Response response, Form form, std::string_view date);
  Progress write(int descriptor);
  /// Bytes of this response that the kernel has taken.
  std::size_t written() const { return written_; }
  /// Stands for the body: equal for responses that share theirs. Null: there is none.
  const void* body() const;
  std::size_t body_bytes() const { return with_body_ ? response_.body_size() : 0; }
  void clear();

 private:
  void compose_head(Form form, std::string_view date);
  std::string_view part(std::size_t index) const;
  std::size_t parts() const { return with_body_ ? 2 + response_.shared.size() : 1; }
  bool take(std::size_t bytes);

  api::Response response_;
  std::string head_;  ///< reused; holds the text too when that is short
  bool with_body_ = false;
  std::size_t part_ = 0;    ///< where writing goes on
  std::size_t offset_ = 0;  ///< within it
  std::size_t written_ = 0;
};

}  // namespace muster::net
