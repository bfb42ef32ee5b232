#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "server/api/http.hpp"
#include "server/net/limits.hpp"

namespace muster::net {

/// Why a request cannot be served: the status to answer, and what to tell the client.
struct Refusal {
  unsigned status = 400;
  std::string_view detail;  ///< of static lifetime
};

/// Turns the bytes of one connection into requests, one after the other. Knows no socket and no clock.
///
/// Bytes go in by room() and received(); advance() takes them in until a request is complete. The request's views stay
/// valid until next(), which keeps the bytes of pipelined requests. One buffer holds everything, is reused and grows
/// only with what has arrived, never with what a client says it will send. In the steady state nothing is allocated.
class RequestReader {
 public:
  enum class Progress : std::uint8_t { need_more, complete, failed };

  /// `limits` is read at every step and must outlive the reader. Trailers and chunk framing are limited too.
  RequestReader(const Limits& limits, core::CallerPtr caller);
  ~RequestReader();
  RequestReader(const RequestReader&) = delete;
  RequestReader& operator=(const RequestReader&) = delete;

  /// Where the next bytes go; never empty. Valid until another member is called.
  std::span<char> room();
  void received(std::size_t bytes);

  /// After `failed`, which is final, refusal() says why. `complete` stays until next().
  Progress advance();
  Refusal refusal() const { return refusal_; }

  const api::Request& request() const { return request_; }
  bool keep_alive() const { return keep_alive_; }
  bool http_1_0() const { return http_1_0_; }

  /// At least one byte of the present request has arrived.
  bool started() const { return end_ > begin_; }
  /// The headers are in, the body is not.
  bool in_body() const;
  /// True once for each request that waits for `100 Continue` before it sends its body.
  bool take_continue_wanted();
  /// Best guess at the target, for answers to requests that never became complete; empty when it has not arrived.
  std::string_view target_so_far() const;

  /// Forgets the present request.
  void next();
  /// Bytes behind the present, complete request.
  bool has_leftover() const { return end_ > parsed_; }
  std::string_view leftover() const { return {buffer_.get() + parsed_, end_ - parsed_}; }
  /// Gives the buffer back while nothing has started; the next room() takes a new one.
  void release_buffer();

 private:
  class Message;
  friend class Message;
  struct Span {
    std::uint32_t offset = 0;  ///< from begin_, so that the buffer may move
    std::uint32_t size = 0;
  };
  struct Field {
    Span name;
    Span value;
  };

  std::string_view view(Span span) const { return {buffer_.get() + begin_ + span.offset, span.size}; }
  Span span_of(std::string_view bytes) const;
  Progress refuse(unsigned status, std::string_view detail);
  Progress finish();
  std::size_t least_body_piece() const;
  bool parse_some();
  bool accept_headers();
  bool framing_is_bounded() const;
  bool chunk_line_is_possible() const;
  void skip_empty_lines();
  void make_space();

  const Limits& limits_;
  std::unique_ptr<Message> message_;
  std::unique_ptr<char[]> buffer_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;   ///< of the present request
  std::size_t parsed_ = 0;  ///< up to here the parser has taken the bytes
  std::size_t end_ = 0;     ///< of what has arrived

  std::vector<Field> fields_;
  std::vector<api::Header> headers_;
  Span target_;
  Span method_;
  std::size_t body_begin_ = 0;     ///< from begin_
  std::size_t body_size_ = 0;      ///< chunks are moved together, so that the body is one piece
  std::size_t body_received_ = 0;  ///< with the framing of chunks
  api::Request request_;
  Refusal refusal_;
  bool keep_alive_ = false;
  bool http_1_0_ = false;
  bool failed_ = false;
  bool complete_ = false;
  bool continue_wanted_ = false;
};

}  // namespace muster::net
