#include <array>
#include <charconv>

#include "proto/eureka/text.hpp"
#include "proto/eureka/write.hpp"

namespace muster::eureka {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD

/// Bytes that end a run which can be copied as it is.
using Table = std::array<bool, 256>;

constexpr Table special_bytes(std::string_view also) {
  Table table{};
  for (std::size_t i = 0; i < table.size(); ++i) table[i] = i < 0x20 || i >= 0x7f;
  for (const char c : also) table[static_cast<unsigned char>(c)] = true;
  return table;
}

constexpr Table json_special = special_bytes("\"\\");
constexpr Table xml_special = special_bytes("&<>\"'");

std::size_t plain_run(std::string_view text, std::size_t from, const Table& special) {
  while (from < text.size() && !special[static_cast<unsigned char>(text[from])]) ++from;
  return from;
}

void append_json_control(std::string& out, char c) {
  switch (c) {
    case '"':
      out.append("\\\"");
      return;
    case '\\':
      out.append("\\\\");
      return;
    case '\b':
      out.append("\\b");
      return;
    case '\t':
      out.append("\\t");
      return;
    case '\n':
      out.append("\\n");
      return;
    case '\f':
      out.append("\\f");
      return;
    case '\r':
      out.append("\\r");
      return;
    case '\x7f':
      out.push_back(c);
      return;
    default:
      break;
  }
  constexpr std::string_view hex = "0123456789ABCDEF";
  const auto byte = static_cast<unsigned char>(c);
  out.append("\\u00");
  out.push_back(hex[byte >> 4]);
  out.push_back(hex[byte & 0xf]);
}

void append_xml_ascii(std::string& out, char c) {
  switch (c) {
    case '&':
      out.append("&amp;");
      return;
    case '<':
      out.append("&lt;");
      return;
    case '>':
      out.append("&gt;");
      return;
    case '"':
      out.append("&quot;");
      return;
    case '\'':
      out.append("&apos;");
      return;
    case '\r':
      out.append("&#xd;");
      return;  // a bare one would be read as a line feed
    case '\x7f':
      out.append("&#x7f;");
      return;
    case '\t':
    case '\n':
      out.push_back(c);
      return;
    default:
      out.append(replacement);
  }
}

}  // namespace

Decoded decode_utf8(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(0);
  if (first < 0x80) return {first, 1};
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || length > text.size()) return {};
  char32_t code = first & (0xffu >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {};
    code = code << 6 | (byte(i) & 0x3fu);
  }
  const bool overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  if (overlong || surrogate || code > 0x10ffff) return {};
  return {code, length};
}

void append_json_escaped(std::string& out, std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = plain_run(text, at, json_special);
    out.append(text, at, end - at);
    at = end;
    if (at == text.size()) return;
    if (static_cast<unsigned char>(text[at]) < 0x80) {
      append_json_control(out, text[at++]);
      continue;
    }
    const Decoded decoded = decode_utf8(text.substr(at));
    out.append(decoded.length == 0 ? replacement : text.substr(at, decoded.length));
    at += decoded.length == 0 ? 1 : decoded.length;
  }
}

void append_xml_escaped(std::string& out, std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = plain_run(text, at, xml_special);
    out.append(text, at, end - at);
    at = end;
    if (at == text.size()) return;
    if (static_cast<unsigned char>(text[at]) < 0x80) {
      append_xml_ascii(out, text[at++]);
      continue;
    }
    const Decoded decoded = decode_utf8(text.substr(at));
    const bool allowed = decoded.length != 0 && decoded.code != 0xfffe && decoded.code != 0xffff;
    out.append(allowed ? text.substr(at, decoded.length) : replacement);
    at += decoded.length == 0 ? 1 : decoded.length;
  }
}

void append_number(std::string& out, std::int64_t number) {
  std::array<char, 20> digits;
  const auto result = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  out.append(digits.data(), result.ptr);
}

}  // namespace muster::eureka
