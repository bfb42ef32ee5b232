#include "server/net/request_reader.hpp"

#include <algorithm>
#include <cstring>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>

#include "proto/model/ascii.hpp"

namespace muster::net {
namespace {

namespace http = boost::beast::http;
using boost::beast::string_view;
using boost::system::error_code;

constexpr std::size_t first_capacity = 4096;      // A usual heartbeat or registration fits.
constexpr std::size_t least_room = 1024;          // Less is not worth a system call.
constexpr std::size_t kept_capacity = 16 * 1024;  // A connection does not keep the memory of one big body.
constexpr std::size_t framing_per_byte = 8;       // A body in chunks of one byte has five bytes of framing for each.

api::Method method_of(http::verb verb) {
  switch (verb) {
    case http::verb::get:
      return api::Method::get;
    case http::verb::head:
      return api::Method::head;
    case http::verb::post:
      return api::Method::post;
    case http::verb::put:
      return api::Method::put;
    case http::verb::delete_:
      return api::Method::delete_;
    case http::verb::patch:
      return api::Method::patch;
    case http::verb::options:
      return api::Method::options;
    default:
      return api::Method::other;  // Beast knows some thirty more that no face serves.
  }
}

/// `http://host/path` as proxies send it means `/path` here.
std::string_view without_authority(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (target.size() < scheme.size() || !model::equal_ignoring_case(target.substr(0, scheme.size()), scheme)) continue;
    const auto path = target.find_first_of("/?", scheme.size());
    return path == std::string_view::npos ? std::string_view{"/"} : target.substr(path);
  }
  return target;
}

Refusal refusal_of(const error_code& error) {
  if (error == http::error::body_limit) return {413, "the body is larger than this server accepts"};
  if (error == http::error::header_limit) return {431, "the headers are larger than this server accepts"};
  if (error == http::error::bad_method) return {400, "the method is not a token"};
  if (error == http::error::bad_target)
    return {400, "the request target holds a character that must be percent-encoded"};
  if (error == http::error::bad_version) return {400, "only HTTP/1.0 and HTTP/1.1 are spoken here"};
  if (error == http::error::bad_content_length)
    return {400, "Content-Length is not one number, or comes with Transfer-Encoding"};
  if (error == http::error::multiple_content_length) return {400, "several Content-Length values that differ"};
  if (error == http::error::bad_transfer_encoding) return {400, "Transfer-Encoding comes twice or with Content-Length"};
  if (error == http::error::bad_chunk || error == http::error::bad_chunk_extension)
    return {400, "the chunked body is malformed"};
  return {400, "the request is malformed"};
}

}  // namespace

/// Beast's parser of one message, writing where things are into the reader. Beast's parsers serve one message each; a
/// new one is made in place.
class RequestReader::Message {
 public:
  class Parser final : public http::basic_parser<true> {
   public:
    explicit Parser(RequestReader& reader) : reader_(reader) {
      header_limit(
          std::numeric_limits<std::uint32_t>::max());  // Beast limits each piece it sees; the reader limits the sum.
    }

    bool expects_continue = false;
    bool chunked_seen = false;
    bool chunk_begun = false;      // After the first chunk a line end comes before the next line.
    std::uint64_t chunk_left = 0;  // Of the present chunk's data.
    unsigned hosts = 0;

   private:
    void on_request_impl(http::verb verb, string_view method, string_view target, int version, error_code&) override {
      reader_.request_.method = method_of(verb);
      reader_.method_ = reader_.span_of(method);
      reader_.target_ = reader_.span_of(target);
      reader_.http_1_0_ = version == 10;
    }

    void on_field_impl(http::field field, string_view name, string_view value, error_code& error) override {
      if (is_header_done()) return;  // A trailer: nobody here waits for one.
      if (reader_.fields_.size() >= reader_.limits_.headers)
        return refuse(431, "more header lines than this server accepts", error);
      if (is_folded(name, value)) return refuse(400, "a header value continues on the next line", error);
      reader_.fields_.push_back({reader_.span_of(name), reader_.span_of(value)});
      // Beast ignores codings other than chunked, and would then take the body for the next request.
      if (field == http::field::transfer_encoding) {
        if (!model::equal_ignoring_case(value, "chunked"))
          return refuse(400, "the only Transfer-Encoding understood is chunked", error);
        chunked_seen = true;
      } else if (field == http::field::host) {
        ++hosts;
      } else if (field == http::field::expect) {
        if (!model::equal_ignoring_case(value, "100-continue"))
          return refuse(417, "the only expectation understood is 100-continue", error);
        expects_continue = true;
      }
    }

    void append(string_view piece) {
      char* const place = reader_.buffer_.get() + reader_.begin_ + reader_.body_begin_ + reader_.body_size_;
      if (place != piece.data()) std::memmove(place, piece.data(), piece.size());
      reader_.body_size_ += piece.size();
    }
    std::size_t on_body_impl(string_view piece, error_code&) override {
      append(piece);
      return piece.size();
    }
    std::size_t on_chunk_body_impl(std::uint64_t, string_view piece, error_code&) override {
      append(piece);
      chunk_left -= piece.size();
      return piece.size();
    }

    void on_response_impl(int, string_view, int, error_code&) override {}
    void on_header_impl(error_code&) override {}
    void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
    void on_chunk_header_impl(std::uint64_t size, string_view, error_code&) override {
      chunk_begun = true;
      chunk_left = size;
    }
    void on_finish_impl(error_code&) override {}

    /// Beast joins folded lines in a buffer of its own, or skips the line end before the value.
    bool is_folded(string_view name, string_view value) const {
      const char* const first = reader_.buffer_.get() + reader_.begin_;
      const char* const last = reader_.buffer_.get() + reader_.end_;
      if (std::less<>{}(value.data(), first) || !std::less<>{}(value.data(), last)) return true;
      const char* const colon = name.data() + name.size();
      return std::memchr(colon, '\n', static_cast<std::size_t>(value.data() - colon)) != nullptr;
    }

    void refuse(unsigned status, std::string_view detail, error_code& error) {
      reader_.refusal_ = {status, detail};
      error = http::error::bad_field;
    }

    RequestReader& reader_;
  };

  explicit Message(RequestReader& reader) { parser.emplace(reader); }

  std::optional<Parser> parser;
};

RequestReader::RequestReader(const Limits& limits, core::CallerPtr caller)
    : limits_(limits), message_(std::make_unique<Message>(*this)) {
  request_.caller = std::move(caller);
}

RequestReader::~RequestReader() = default;

RequestReader::Span RequestReader::span_of(std::string_view bytes) const {
  return {static_cast<std::uint32_t>(bytes.data() - (buffer_.get() + begin_)),
          static_cast<std::uint32_t>(bytes.size())};
}

bool RequestReader::in_body() const {
  return !complete_ && message_->parser->is_header_done();
}

bool RequestReader::take_continue_wanted() {
  return std::exchange(continue_wanted_, false);
}

std::span<char> RequestReader::room() {
  if (capacity_ - end_ < least_room) make_space();
  return {buffer_.get() + end_, capacity_ - end_};
}

void RequestReader::received(std::size_t bytes) {
  end_ += bytes;
}

void RequestReader::make_space() {
  // Framing that the parser is done with lies between the chunks taken so far and what is not parsed yet.
  if (in_body() && message_->parser->chunked_seen) {
    const std::size_t body_end = begin_ + body_begin_ + body_size_;
    std::memmove(buffer_.get() + body_end, buffer_.get() + parsed_, end_ - parsed_);
    end_ -= parsed_ - body_end;
    parsed_ = body_end;
  }
  if (begin_ > 0) {
    std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
    parsed_ -= begin_;
    end_ -= begin_;
    begin_ = 0;
  }
  if (capacity_ - end_ >= least_room) return;
  const std::size_t larger = std::max(first_capacity, capacity_ * 2);
  auto moved = std::make_unique_for_overwrite<char[]>(larger);
  if (end_ > 0) std::memcpy(moved.get(), buffer_.get(), end_);
  buffer_ = std::move(moved);
  capacity_ = larger;
}

void RequestReader::skip_empty_lines() {
  // Old clients end a body with a line end that they do not count; it belongs to nobody.
  while (end_ - begin_ >= 2 && buffer_[begin_] == '\r' && buffer_[begin_ + 1] == '\n') begin_ += 2;
  if (begin_ == end_) begin_ = end_ = 0;
  parsed_ = begin_;
}

RequestReader::Progress RequestReader::refuse(unsigned status, std::string_view detail) {
  refusal_ = {status, detail};
  failed_ = true;
  return Progress::failed;
}

RequestReader::Progress RequestReader::advance() {
  if (complete_) return Progress::complete;
  if (failed_) return Progress::failed;
  auto& parser = *message_->parser;
  if (!parser.got_some()) {
    skip_empty_lines();
    if (end_ - begin_ == 1 && buffer_[begin_] == '\r') return Progress::need_more;  // Half an empty line.
    parser.body_limit(limits_.body_bytes);
  }

  const bool had_headers = parser.is_header_done();
  if (!had_headers && end_ > parsed_ && !parse_some()) return Progress::failed;
  if (!parser.is_header_done()) {
    if (end_ - begin_ < limits_.header_bytes) return Progress::need_more;
    return refuse(431, "the headers are larger than this server accepts");
  }
  if (!had_headers && !accept_headers()) return Progress::failed;

  if (!parser.is_done() && end_ - parsed_ >= least_body_piece() && !parse_some()) return Progress::failed;
  if (parser.is_done()) return finish();
  continue_wanted_ = continue_wanted_ && body_received_ == 0;
  if (!chunk_line_is_possible()) return refuse(400, "the chunked body is malformed");
  if (!framing_is_bounded()) return refuse(400, "the chunked body is mostly framing");
  return Progress::need_more;
}

/// A chunked body ends with at least these five bytes, which the parser takes together; given fewer of them, Beast 1.81
/// fails an assertion of its own although all is well.
std::size_t RequestReader::least_body_piece() const {
  constexpr std::string_view shortest_end = "0\r\n\r\n";
  return message_->parser->chunked_seen ? shortest_end.size() : 1;
}

bool RequestReader::parse_some() {
  auto& parser = *message_->parser;
  const bool body = parser.is_header_done();
  parser.eager(body);  // Not before the headers were judged.
  error_code error;
  const std::size_t taken = parser.put(boost::asio::buffer(buffer_.get() + parsed_, end_ - parsed_), error);
  parsed_ += taken;
  if (body) body_received_ += taken;
  if (!error || error == http::error::need_more) return true;
  if (refusal_.detail.empty()) refusal_ = refusal_of(error);
  failed_ = true;
  return false;
}

bool RequestReader::accept_headers() {
  auto& parser = *message_->parser;
  body_begin_ = parsed_ - begin_;
  const auto judge = [&]() -> Refusal {
    if (body_begin_ > limits_.header_bytes) return {431, "the headers are larger than this server accepts"};
    if (parser.hosts > 1) return {400, "more than one Host header"};
    if (parser.hosts == 0 && !http_1_0_) return {400, "HTTP/1.1 needs a Host header"};
    // A proxy that speaks 1.0 passes the header on without knowing it: where the body ends is then anybody's guess.
    if (http_1_0_ && parser.chunked_seen) return {400, "Transfer-Encoding does not exist in HTTP/1.0"};
    return {0, {}};
  };
  if (const Refusal refusal = judge(); refusal.status != 0) {
    refuse(refusal.status, refusal.detail);
    return false;
  }
  keep_alive_ = parser.keep_alive();
  continue_wanted_ = parser.expects_continue && !http_1_0_ && !parser.is_done();
  return true;
}

bool RequestReader::framing_is_bounded() const {
  // What the parser could not take yet is at most one chunk line or the trailers.
  const std::size_t waiting = end_ - parsed_;
  const std::size_t framing = body_received_ - body_size_ + waiting;
  return waiting <= limits_.header_bytes && framing <= limits_.header_bytes + framing_per_byte * body_size_;
}

/// Beast judges the line of a chunk once it has ended, which a malformed one may never do. What waits begins with that
/// line, after what is left of a chunk; the line of the last chunk stays there until the trailers are complete.
bool RequestReader::chunk_line_is_possible() const {
  const auto& parser = *message_->parser;
  const std::size_t waiting = end_ - parsed_;
  if (!parser.chunked_seen || waiting <= parser.chunk_left) return true;
  std::string_view line{buffer_.get() + parsed_ + parser.chunk_left, waiting - parser.chunk_left};
  if (parser.chunk_begun) {
    constexpr std::string_view line_end = "\r\n";
    const std::string_view begin = line.substr(0, line_end.size());
    if (!line_end.starts_with(begin)) return false;
    line.remove_prefix(begin.size());
  }
  if (line.empty()) return true;
  const auto digits = line.find_first_not_of("0123456789abcdefABCDEF");
  if (digits == std::string_view::npos) return true;
  if (digits == 0 || std::string_view{"\r; \t"}.find(line[digits]) == std::string_view::npos) return false;
  const auto end = line.find_first_of("\r\n", digits);
  if (end == std::string_view::npos) return true;
  return line[end] == '\r' && (end + 1 == line.size() || line[end + 1] == '\n');
}

RequestReader::Progress RequestReader::finish() {
  headers_.clear();
  for (const Field& field : fields_) headers_.push_back({view(field.name), view(field.value)});
  request_.method_name = view(method_);
  request_.target = without_authority(view(target_));
  request_.headers = headers_;
  request_.body = {buffer_.get() + begin_ + body_begin_, body_size_};
  continue_wanted_ = false;
  complete_ = true;
  return Progress::complete;
}

std::string_view RequestReader::target_so_far() const {
  if (target_.size > 0) return without_authority(view(target_));
  const std::string_view bytes{buffer_.get() + begin_, end_ - begin_};
  const auto space = bytes.find(' ');
  if (space == std::string_view::npos) return {};
  return without_authority(bytes.substr(space + 1, bytes.find_first_of(" \r\n", space + 1) - space - 1));
}

void RequestReader::next() {
  begin_ = parsed_;
  if (begin_ == end_) {
    begin_ = parsed_ = end_ = 0;
    if (capacity_ > kept_capacity) release_buffer();
  }
  fields_.clear();
  target_ = method_ = {};
  body_begin_ = body_size_ = body_received_ = 0;
  complete_ = http_1_0_ = keep_alive_ = false;
  request_.method = api::Method::get;
  message_->parser.emplace(*this);
}

void RequestReader::release_buffer() {
  if (started()) return;
  buffer_.reset();
  capacity_ = begin_ = parsed_ = end_ = 0;
}

}  // namespace muster::net
