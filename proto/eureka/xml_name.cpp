#include <algorithm>
#include <array>
#include <charconv>

#include "proto/eureka/text.hpp"

namespace muster::eureka {
namespace {

struct Range {
  char32_t first;
  char32_t last;
};

/// Letters that every edition of XML 1.0 takes in a name: parsers in the field (expat, Go's) still go by the fourth,
/// which knows fewer than the fifth. The common scripts only: everything else is escaped, which all readers can read.
constexpr std::array<Range, 22> letters = {{
    {0xc0, 0xd6},     {0xd8, 0xf6},     {0xf8, 0x131},    {0x134, 0x13e},   {0x141, 0x148}, {0x14a, 0x17e},
    {0x388, 0x38a},   {0x38e, 0x3a1},   {0x3a3, 0x3ce},   {0x401, 0x40c},   {0x40e, 0x44f}, {0x451, 0x45c},
    {0x45e, 0x481},   {0x5d0, 0x5ea},   {0x621, 0x63a},   {0x641, 0x64a},   {0xe01, 0xe2e}, {0x1e00, 0x1e9b},
    {0x3041, 0x3094}, {0x30a1, 0x30fa}, {0x4e00, 0x9fa5}, {0xac00, 0xd7a3},
}};

bool is_letter(char32_t c) {
  if (c < 0x80) return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  return std::any_of(letters.begin(), letters.end(), [c](Range r) { return c >= r.first && c <= r.last; });
}

bool may_continue_name(char32_t c) {
  return (c >= '0' && c <= '9') || c == '-' || c == '.';
}

void append_unit(std::string& out, unsigned unit) {
  constexpr std::string_view hex = "0123456789abcdef";
  out.append("_.");
  for (int shift = 12; shift >= 0; shift -= 4) out.push_back(hex[unit >> shift & 0xf]);
}

void append_escaped(std::string& out, char32_t code) {
  if (code < 0x10000) return append_unit(out, static_cast<unsigned>(code));
  const char32_t rest = code - 0x10000;
  append_unit(out, static_cast<unsigned>(0xd800 + (rest >> 10)));
  append_unit(out, static_cast<unsigned>(0xdc00 + (rest & 0x3ff)));
}

void append_utf8(std::string& out, char32_t code) {
  const auto put = [&out](char32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xc0 | code >> 6);
    put(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    put(0xe0 | code >> 12);
    put(0x80 | (code >> 6 & 0x3f));
    put(0x80 | (code & 0x3f));
  } else {
    put(0xf0 | code >> 18);
    put(0x80 | (code >> 12 & 0x3f));
    put(0x80 | (code >> 6 & 0x3f));
    put(0x80 | (code & 0x3f));
  }
}

/// The UTF-16 unit of `_.xxxx` at the front, or -1.
int unit_at(std::string_view text) {
  if (text.size() < 6 || text[0] != '_' || text[1] != '.') return -1;
  int unit = 0;
  const auto result = std::from_chars(text.data() + 2, text.data() + 6, unit, 16);
  return result.ptr == text.data() + 6 && unit >= 0 ? unit : -1;
}

/// Decodes `_.xxxx` at the front, a surrogate pair as one character. Returns how many bytes it took; 0: no escape.
std::size_t decode_escape(std::string& out, std::string_view text) {
  const int high = unit_at(text);
  if (high < 0) return 0;
  if (high < 0xd800 || high > 0xdfff) {
    append_utf8(out, static_cast<char32_t>(high));
    return 6;
  }
  const int low = unit_at(text.substr(6));
  if (high > 0xdbff || low < 0xdc00 || low > 0xdfff) return 0;
  append_utf8(out, 0x10000 + (static_cast<char32_t>(high - 0xd800) << 10) + static_cast<char32_t>(low - 0xdc00));
  return 12;
}

}  // namespace

bool append_xml_name(std::string& out, std::string_view key) {
  if (key.empty()) return false;
  for (std::size_t at = 0; at < key.size();) {
    const Decoded decoded = decode_utf8(key.substr(at));
    const char32_t c = decoded.length == 0 ? char32_t{0xfffd} : decoded.code;
    const std::size_t length = decoded.length == 0 ? 1 : decoded.length;
    if (c == '_') {
      out.append("__");
    } else if (c == '$') {
      out.append("_-");
    } else if (is_letter(c) || (at > 0 && may_continue_name(c))) {
      out.append(key.substr(at, length));
    } else {
      append_escaped(out, c);
    }
    at += length;
  }
  return true;
}

std::string decode_xml_name(std::string_view name) {
  std::string key;
  key.reserve(name.size());
  for (std::size_t at = 0; at < name.size();) {
    const std::string_view rest = name.substr(at);
    if (rest.starts_with("__")) {
      key.push_back('_');
      at += 2;
    } else if (rest.starts_with("_-")) {
      key.push_back('$');
      at += 2;
    } else if (const std::size_t taken = decode_escape(key, rest); taken != 0) {
      at += taken;
    } else {
      key.push_back(name[at++]);
    }
  }
  return key;
}

}  // namespace muster::eureka
