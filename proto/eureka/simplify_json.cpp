#include "proto/eureka/simplify_json.hpp"

#include <algorithm>

namespace muster::eureka {
namespace {

constexpr std::size_t exact_digits = 18;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::size_t skip_digits(std::string_view text, std::size_t at) {
  while (at < text.size() && is_digit(text[at])) ++at;
  return at;
}

/// Whether `token` is a number as JSON writes it.
bool is_number(std::string_view token) {
  std::size_t at = token.starts_with('-') ? 1 : 0;
  const std::size_t whole = at;
  at = skip_digits(token, at);
  if (at == whole || (token[whole] == '0' && at > whole + 1)) return false;
  if (at < token.size() && token[at] == '.') {
    const std::size_t fraction = at + 1;
    at = skip_digits(token, fraction);
    if (at == fraction) return false;
  }
  if (at < token.size() && (token[at] == 'e' || token[at] == 'E')) {
    ++at;
    if (at < token.size() && (token[at] == '+' || token[at] == '-')) ++at;
    const std::size_t exponent = at;
    at = skip_digits(token, exponent);
    if (at == exponent) return false;
  }
  return at == token.size();
}

bool needs_quotes(std::string_view token) {
  return (token.size() > exact_digits || token.find_first_of(".eE") != std::string_view::npos) && is_number(token);
}

/// The position behind the string that starts at `at`.
std::size_t skip_string(std::string_view body, std::size_t at) {
  for (++at; at < body.size(); ++at) {
    if (body[at] == '\\')
      ++at;
    else if (body[at] == '"')
      return at + 1;
  }
  return body.size();
}

}  // namespace

std::string simplify_json(std::string_view body) {
  std::string out;
  out.reserve(body.size() + 16);
  int depth = 0;
  for (std::size_t at = 0; at < body.size();) {
    const char c = body[at];
    std::size_t end = at + 1;
    bool quoted = false;
    if (c == '"') {
      end = skip_string(body, at);
    } else if (c == '-' || is_digit(c)) {
      end = std::min(body.find_first_not_of("+-.eE0123456789", at), body.size());
      quoted = needs_quotes(body.substr(at, end - at));
    }
    if (quoted) out.push_back('"');
    out.append(body, at, end - at);
    if (quoted) out.push_back('"');
    at = end;
    if (c == '{' || c == '[') ++depth;
    if ((c == '}' || c == ']') && --depth <= 0) break;
  }
  return out;
}

}  // namespace muster::eureka
