#include "server/api/eureka/negotiate.hpp"

#include <algorithm>

#include "proto/model/ascii.hpp"
#include "server/api/content.hpp"

namespace muster::api::eureka {
namespace {

using model::equal_ignoring_case;

/// Where `word` (lower case) begins in `text`, in any case.
std::size_t find_ignoring_case(std::string_view text, std::string_view word) {
  const auto found = std::search(text.begin(), text.end(), word.begin(), word.end(),
                                 [](char a, char b) { return model::lower(a) == b; });
  return found == text.end() ? std::string_view::npos : static_cast<std::size_t>(found - text.begin());
}

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\"");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\"") - begin + 1);
}

std::string_view charset_of(std::string_view content_type) {
  const auto name = find_ignoring_case(content_type, "charset=");
  if (name == std::string_view::npos) return {};
  const std::string_view value = content_type.substr(name + 8);
  return trimmed(value.substr(0, value.find(';')));
}

}  // namespace

std::optional<Format> choose_format(std::string_view accept, Preference preference) {
  if (accept.empty()) return Format::xml;
  if (accept == "application/json") return Format::json;
  const int json = accept_quality(accept, "application/json");
  const int xml = accept_quality(accept, "application/xml");
  if (json == 0 && xml == 0) return std::nullopt;
  if (json == 0 || xml == 0) return json == 0 ? Format::xml : Format::json;
  if (preference == Preference::mentioned)
    return find_ignoring_case(accept, "json") == std::string_view::npos ? Format::xml : Format::json;
  if (json != xml) return json > xml ? Format::json : Format::xml;
  return find_ignoring_case(accept, "application/json") < find_ignoring_case(accept, "application/xml") ? Format::json
                                                                                                        : Format::xml;
}

Form list_form(const Request& request, Format format) {
  const bool compact = equal_ignoring_case(request.header("X-Eureka-Accept"), "compact");
  return {format, compact ? Shape::compact : Shape::full, accepts_gzip(request)};
}

BodyType body_type(const Request& request) {
  using Verdict = BodyType::Verdict;
  if (!request.has_header("Content-Type")) return {Verdict::absent};
  const std::string_view whole = request.header("Content-Type");
  const std::string_view type = trimmed(whole.substr(0, whole.find(';')));
  const auto slash = type.find('/');
  if (slash == std::string_view::npos || slash == 0 || slash + 1 == type.size()) return {Verdict::malformed};
  BodyType result;
  if (equal_ignoring_case(type, "application/json")) {
    result.format = Format::json;
  } else if (equal_ignoring_case(type, "application/xml") || type == "*/*" ||
             equal_ignoring_case(type, "application/*")) {
    result.format = Format::xml;
  } else {
    return {Verdict::unsupported};
  }
  const std::string_view charset = charset_of(whole);
  result.latin1 = equal_ignoring_case(charset, "iso-8859-1");
  if (!charset.empty() && !result.latin1 && !equal_ignoring_case(charset, "utf-8")) return {Verdict::unsupported};
  return result;
}

Format sniff_format(std::string_view body) {
  const auto begin = body.find_first_not_of(" \t\r\n\xef\xbb\xbf");
  return begin != std::string_view::npos && body[begin] == '<' ? Format::xml : Format::json;
}

std::string latin1_to_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      out.push_back(c);
    } else {
      out.push_back(static_cast<char>(0xc0 | (byte >> 6)));
      out.push_back(static_cast<char>(0x80 | (byte & 0x3f)));
    }
  }
  return out;
}

}  // namespace muster::api::eureka
