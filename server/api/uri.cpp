#include "server/api/uri.hpp"

#include <algorithm>

#include "proto/model/limits.hpp"

namespace muster::api {
namespace {

constexpr std::string_view hexadecimal = "0123456789ABCDEF";

int digit_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

bool readable(std::string_view text) {
  return text.find('\0') == std::string_view::npos && model::valid_utf8(text);
}

/// Nearly every segment and parameter: nothing to decode, drop or refuse.
bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c > ' ' && c <= '~' && c != '%' && c != '+' && c != ';' && c != '\\'; });
}

bool add_segment(std::vector<std::string>& segments, std::string_view raw) {
  if (raw.empty()) return true;
  if (is_plain(raw)) {
    segments.emplace_back(raw);
    return true;
  }
  raw = raw.substr(0, raw.find(';'));
  if (raw.empty()) return true;
  std::optional<std::string> decoded = percent_decode(raw);
  // A slash that was encoded would name another resource to whoever decodes before splitting, such as a proxy.
  if (!decoded || decoded->find_first_of("/\\") != std::string::npos || !readable(*decoded)) return false;
  segments.push_back(std::move(*decoded));
  return true;
}

bool add_parameter(std::vector<std::pair<std::string, std::string>>& query, std::string_view raw) {
  if (raw.empty()) return true;
  const auto equals = raw.find('=');
  if (is_plain(raw)) {
    query.emplace_back(raw.substr(0, equals), equals == std::string_view::npos ? "" : raw.substr(equals + 1));
    return true;
  }
  std::optional<std::string> key = percent_decode(raw.substr(0, equals), true);
  std::optional<std::string> value =
      equals == std::string_view::npos ? std::string() : percent_decode(raw.substr(equals + 1), true);
  if (!key || !value || !readable(*key) || !readable(*value)) return false;
  query.emplace_back(std::move(*key), std::move(*value));
  return true;
}

/// Calls `each` with every part of `text` between separators, until it says false.
template <class F>
bool split(std::string_view text, char separator, F&& each) {
  for (std::size_t begin = 0;;) {
    const auto end = text.find(separator, begin);
    if (!each(text.substr(begin, end == std::string_view::npos ? end : end - begin))) return false;
    if (end == std::string_view::npos) return true;
    begin = end + 1;
  }
}

}  // namespace

std::optional<std::string_view> Target::parameter(std::string_view key) const {
  const auto found = std::find_if(query.begin(), query.end(), [key](const auto& item) { return item.first == key; });
  if (found == query.end()) return std::nullopt;
  return found->second;
}

std::string_view origin_form(std::string_view target) {
  const auto scheme = target.find("://");
  if (target.starts_with('/') || scheme == std::string_view::npos || scheme > target.find_first_of("/?")) return target;
  const auto path = target.find('/', scheme + 3);
  return path == std::string_view::npos ? std::string_view("/") : target.substr(path);
}

std::optional<Target> parse_target(std::string_view target) {
  target = origin_form(target);
  const auto mark = target.find('?');
  Target parsed;
  parsed.segments.reserve(6);
  if (!split(target.substr(0, mark), '/', [&](std::string_view raw) { return add_segment(parsed.segments, raw); }))
    return std::nullopt;
  if (mark == std::string_view::npos) return parsed;
  if (!split(target.substr(mark + 1), '&', [&](std::string_view raw) { return add_parameter(parsed.query, raw); }))
    return std::nullopt;
  return parsed;
}

std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_space) {
      out.push_back(' ');
    } else if (text[i] != '%') {
      out.push_back(text[i]);
    } else {
      if (i + 2 >= text.size()) return std::nullopt;
      const int high = digit_value(text[i + 1]);
      const int low = digit_value(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      out.push_back(static_cast<char>(high * 16 + low));
      i += 2;
    }
  }
  return out;
}

std::string percent_encode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (is_unreserved(c)) {
      out.push_back(c);
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out.push_back('%');
    out.push_back(hexadecimal[byte >> 4]);
    out.push_back(hexadecimal[byte & 15]);
  }
  return out;
}

}  // namespace muster::api
