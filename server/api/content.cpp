#include "server/api/content.hpp"

#include <libdeflate.h>

#include <algorithm>
#include <memory>
#include <stdexcept>

#include "proto/model/ascii.hpp"

namespace muster::api {
namespace {

using model::equal_ignoring_case;

// Level 1: 652 MB/s and 16 : 1 on a registry; higher levels cost several times as much for a few percent.
constexpr int compression_level = 1;

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

/// Cuts off and returns what stands before `separator`, trimmed; `text` keeps the rest.
std::string_view take_until(std::string_view& text, char separator) {
  const auto end = text.find(separator);
  const std::string_view taken = text.substr(0, end);
  text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  return trimmed(taken);
}

/// "0.25" as 250; nonsense counts as 0, more than 1 as 1.
int parse_quality(std::string_view text) {
  if (text.empty() || text[0] < '0' || text[0] > '9') return 0;
  if (text[0] > '0') return 1000;
  int quality = 0;
  int unit = 100;
  for (std::size_t i = 2; i < text.size() && i < 5 && text[1] == '.'; ++i, unit /= 10) {
    if (text[i] < '0' || text[i] > '9') return 0;
    quality += (text[i] - '0') * unit;
  }
  return quality;
}

/// The q of an element whose name has been taken off; 1000 without one.
int quality_of(std::string_view parameters) {
  while (!parameters.empty()) {
    std::string_view value = take_until(parameters, ';');
    const std::string_view name = take_until(value, '=');
    if (equal_ignoring_case(name, "q")) return parse_quality(trimmed(value));
  }
  return 1000;
}

/// How closely a media range fits `type`: 0 not at all, 1 by "*/*", 2 by "application/*", 3 exactly.
int fit(std::string_view range, std::string_view type) {
  if (equal_ignoring_case(range, type)) return 3;
  if (range == "*/*" || range == "*") return 1;
  if (!range.ends_with("/*")) return 0;
  range.remove_suffix(1);
  return equal_ignoring_case(range, type.substr(0, range.size())) ? 2 : 0;
}

template <class T, void (*release)(T*)>
struct Releaser {
  void operator()(T* pointer) const { release(pointer); }
};
using Compressor = std::unique_ptr<libdeflate_compressor, Releaser<libdeflate_compressor, libdeflate_free_compressor>>;
using Decompressor =
    std::unique_ptr<libdeflate_decompressor, Releaser<libdeflate_decompressor, libdeflate_free_decompressor>>;

// Kept per thread: a compressor is some hundred kilobytes.
libdeflate_compressor* compressor() {
  thread_local const Compressor kept(libdeflate_alloc_compressor(compression_level));
  if (!kept) throw std::bad_alloc();
  return kept.get();
}

libdeflate_decompressor* decompressor() {
  thread_local const Decompressor kept(libdeflate_alloc_decompressor());
  if (!kept) throw std::bad_alloc();
  return kept.get();
}

/// Inflates the members of a gzip file (RFC 1952 2.2: one or more). The room grows as needed, so that a small bomb
/// costs no more than it holds, and is kept from member to member, so that many small ones cost no more than one.
std::variant<std::string_view, BodyError> inflate(std::string_view body, std::size_t bytes_max, std::string& storage) {
  // Deflate cannot pack more than 1032 to 1, which bounds the first guess as well.
  std::size_t room = std::min(bytes_max, std::max<std::size_t>(body.size() * 8, 4096));
  storage.resize(room + 1);  // the byte more tells "exactly the limit" from "over it"
  std::size_t total = 0;
  do {
    std::size_t used = 0;
    std::size_t written = 0;
    const libdeflate_result result = libdeflate_gzip_decompress_ex(
        decompressor(), body.data(), body.size(), storage.data() + total, storage.size() - total, &used, &written);
    if (result == LIBDEFLATE_INSUFFICIENT_SPACE) {
      if (room >= bytes_max) return BodyError::too_large;
      room = std::min(bytes_max, room * 4);
      storage.resize(room + 1);
      continue;
    }
    if (result != LIBDEFLATE_SUCCESS) return BodyError::broken;
    total += written;
    if (total > bytes_max) return BodyError::too_large;
    body.remove_prefix(used);
  } while (!body.empty());
  storage.resize(total);
  return std::string_view(storage);
}

std::string_view opaque_tag(std::string_view tag) {
  return tag.starts_with("W/") ? tag.substr(2) : tag;
}

}  // namespace

bool accepts_gzip(const Request& request) {
  std::string_view left = request.header("Accept-Encoding");
  int named = -1;
  int any = -1;
  while (!left.empty()) {
    std::string_view element = take_until(left, ',');
    const std::string_view coding = take_until(element, ';');
    if (equal_ignoring_case(coding, "gzip") || equal_ignoring_case(coding, "x-gzip"))
      named = std::max(named, quality_of(element));
    else if (coding == "*")
      any = quality_of(element);
  }
  return (named >= 0 ? named : any) > 0;
}

int accept_quality(std::string_view accept, std::string_view type) {
  accept = trimmed(accept);
  if (accept.empty()) return 1000;
  int best_fit = 0;
  int quality = 0;
  while (!accept.empty()) {
    std::string_view element = take_until(accept, ',');
    const int fits = fit(take_until(element, ';'), type);
    if (fits == 0 || fits < best_fit) continue;
    const int element_quality = quality_of(element);
    quality = fits > best_fit ? element_quality : std::max(quality, element_quality);
    best_fit = fits;
  }
  return quality;
}

std::variant<std::string_view, BodyError> body_of(const Request& request, std::size_t bytes_max, std::string& storage) {
  const std::string_view encoding = trimmed(request.header("Content-Encoding"));
  if (encoding.empty() || equal_ignoring_case(encoding, "identity")) {
    if (request.body.size() > bytes_max) return BodyError::too_large;
    return request.body;
  }
  if (!equal_ignoring_case(encoding, "gzip") && !equal_ignoring_case(encoding, "x-gzip"))
    return BodyError::unsupported_encoding;
  return inflate(request.body, bytes_max, storage);
}

std::string gzip(std::string_view body) {
  std::string out;
  out.resize(libdeflate_gzip_compress_bound(compressor(), body.size()));
  const std::size_t size = libdeflate_gzip_compress(compressor(), body.data(), body.size(), out.data(), out.size());
  if (size == 0) throw std::runtime_error("libdeflate reports no room within its own bound");
  out.resize(size);
  out.shrink_to_fit();
  return out;
}

bool matches_etag(const Request& request, std::string_view etag) {
  std::string_view left = request.header("If-None-Match");
  while (!left.empty()) {
    const std::string_view tag = take_until(left, ',');
    if (tag == "*" || opaque_tag(tag) == etag) return true;
  }
  return false;
}

}  // namespace muster::api
