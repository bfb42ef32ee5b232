#include "proto/eureka/xml_scan.hpp"

#include <algorithm>
#include <charconv>

#include "proto/model/limits.hpp"

namespace muster::eureka {
namespace {

using Problem = std::optional<std::string>;

/// Control characters other than NUL pass, though XML has none: Java servers write references to them.
bool is_character_reference(std::string_view name) {
  name.remove_prefix(1);
  const bool hexadecimal = name.starts_with('x');
  if (hexadecimal) name.remove_prefix(1);
  unsigned code = 0;
  const char* end = name.data() + name.size();
  const auto result = std::from_chars(name.data(), end, code, hexadecimal ? 16 : 10);
  if (result.ec != std::errc{} || result.ptr != end) return false;
  return code != 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
}

bool is_reference(std::string_view name) {
  if (name.starts_with('#')) return is_character_reference(name);
  constexpr std::string_view known[] = {"amp", "lt", "gt", "quot", "apos"};
  return std::find(std::begin(known), std::end(known), name) != std::end(known);
}

class Scanner {
 public:
  Scanner(std::string_view body, int depth_max) : body_(body), depth_max_(depth_max) {}

  Problem run() {
    while (at_ < body_.size()) {
      Problem problem = body_[at_] == '<' ? scan_markup() : scan_text();
      if (problem) return problem;
    }
    return std::nullopt;
  }

 private:
  Problem scan_text() {
    if (body_[at_] == '&') return scan_reference();
    at_ = std::min(body_.find_first_of("<&", at_), body_.size());
    return std::nullopt;
  }

  Problem scan_reference() {
    const std::size_t end = body_.find(';', at_);
    constexpr std::size_t longest = 12;  // "&#x0010FFFF;"
    if (end == std::string_view::npos || end - at_ > longest || !is_reference(body_.substr(at_ + 1, end - at_ - 1)))
      return "has a reference that XML does not know; write a lone '&' as \"&amp;\"";
    at_ = end + 1;
    return std::nullopt;
  }

  Problem scan_markup() {
    const std::string_view rest = body_.substr(at_);
    if (rest.starts_with("<!--")) return skip_past("-->", 4);
    if (rest.starts_with("<![CDATA[")) return skip_past("]]>", 9);
    if (rest.starts_with("<?")) return skip_past("?>", 2);
    if (rest.starts_with("<!")) return "has a DOCTYPE; leave it out";
    if (rest.starts_with("</")) {
      --depth_;
      return skip_past(">", 2);
    }
    return scan_start_tag();
  }

  Problem skip_past(std::string_view end, std::size_t from) {
    const std::size_t found = body_.find(end, at_ + from);
    if (found == std::string_view::npos) return "ends in the middle of a tag, a comment or a CDATA section";
    at_ = found + end.size();
    return std::nullopt;
  }

  Problem scan_start_tag() {
    char quote = 0;
    for (++at_; at_ < body_.size();) {
      const char c = body_[at_];
      if (quote != 0 && c == '&') {
        if (Problem problem = scan_reference()) return problem;
        continue;
      }
      ++at_;
      if (quote != 0) {
        if (c == quote) quote = 0;
      } else if (c == '"' || c == '\'') {
        quote = c;
      } else if (c == '>') {
        if (body_[at_ - 2] != '/' && ++depth_ > depth_max_)
          return "is nested deeper than " + std::to_string(depth_max_) + " levels";
        return std::nullopt;
      }
    }
    return "ends in the middle of a tag";
  }

  std::string_view body_;
  std::size_t at_ = 0;
  int depth_ = 0;
  int depth_max_;
};

}  // namespace

std::optional<std::string> scan_xml(std::string_view body, int depth_max) {
  if (body.find('\0') != std::string_view::npos) return "contains the character zero";
  if (!model::valid_utf8(body)) return "is not valid UTF-8";
  return Scanner(body, depth_max).run();
}

}  // namespace muster::eureka
