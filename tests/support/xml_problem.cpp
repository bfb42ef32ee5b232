#include <algorithm>
#include <charconv>
#include <set>
#include <string>
#include <vector>

#include "tests/support/strict_decoder.hpp"

// A small checker of well-formedness, since the project's XML parser forgives much that others do not: it covers what
// documents of the dialect consist of (elements, attributes, text) and refuses everything else.
namespace muster::test {
namespace {

struct Problem : std::runtime_error {
  using std::runtime_error::runtime_error;
};

bool is_xml_character(char32_t c) {
  if (c < 0x20) return c == '\t' || c == '\n' || c == '\r';
  return c <= 0x10ffff && c != 0xfffe && c != 0xffff && (c < 0xd800 || c > 0xdfff);
}

bool is_name_start(char32_t c) {
  if (c < 0x80) return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
  // Letters of the blocks that readers by the fourth edition of XML 1.0 know too; no ':' (a prefix would be unbound).
  const std::pair<char32_t, char32_t> letters[] = {
      {0xc0, 0x131},  {0x134, 0x17e},   {0x388, 0x3ce},   {0x401, 0x481},   {0x5d0, 0x5ea},   {0x621, 0x64a},
      {0xe01, 0xe2e}, {0x1e00, 0x1e9b}, {0x3041, 0x3094}, {0x30a1, 0x30fa}, {0x4e00, 0x9fa5}, {0xac00, 0xd7a3}};
  return c != 0xd7 && c != 0xf7 &&
         std::any_of(std::begin(letters), std::end(letters), [c](auto r) { return c >= r.first && c <= r.second; });
}

bool is_name_character(char32_t c) {
  return is_name_start(c) || (c >= '0' && c <= '9') || c == '-' || c == '.';
}

class Checker {
 public:
  explicit Checker(std::string_view body) : body_(body) {}

  void run() {
    element();
    while (!open_.empty()) {
      if (peek() != '<')
        text_character();
      else if (body_.substr(at_, 2) == "</")
        end_tag();
      else
        element();
    }
    if (at_ != body_.size()) throw Problem("has something behind the root element");
  }

 private:
  char peek() const { return at_ < body_.size() ? body_[at_] : throw Problem("ends too early"); }

  void expect(char c) {
    if (peek() != c) throw Problem(std::string("has no '") + c + "' at " + std::to_string(at_));
    ++at_;
  }

  /// Decodes one character; refuses overlong forms and truncated sequences.
  char32_t next() {
    const auto byte = [this](std::size_t i) { return static_cast<unsigned char>(body_[i]); };
    const unsigned char first = static_cast<unsigned char>(peek());
    const std::size_t length = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
    if (length == 0 || at_ + length > body_.size()) throw Problem("is not UTF-8 at " + std::to_string(at_));
    char32_t code = length == 1 ? first : first & (0xffu >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) {
      if ((byte(at_ + i) & 0xc0) != 0x80) throw Problem("is not UTF-8 at " + std::to_string(at_));
      code = code << 6 | (byte(at_ + i) & 0x3fu);
    }
    const char32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (code < least[length] || !is_xml_character(code))
      throw Problem("has a character that XML has not at " + std::to_string(at_));
    at_ += length;
    return code;
  }

  std::string name() {
    const std::size_t start = at_;
    if (!is_name_start(next())) throw Problem("has a bad name at " + std::to_string(start));
    for (std::size_t end = at_;; end = at_)
      if (!is_name_character(next())) {
        at_ = end;
        return std::string(body_.substr(start, end - start));
      }
  }

  void text_character() {
    if (body_.substr(at_, 3) == "]]>") throw Problem("has ]]> in its text");
    if (peek() == '&')
      reference();
    else
      next();
  }

  void reference() {
    const std::size_t end = std::min(body_.find(';', at_), body_.size());
    const std::string_view name = body_.substr(at_ + 1, end - at_ - 1);
    at_ = end;
    expect(';');
    const std::set<std::string_view> known = {"amp", "lt", "gt", "quot", "apos"};
    if (known.contains(name)) return;
    const bool hexadecimal = name.starts_with("#x");
    const std::string_view digits = name.substr(std::min<std::size_t>(hexadecimal ? 2 : 1, name.size()));
    unsigned code = 0;
    const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), code, hexadecimal ? 16 : 10);
    if (!name.starts_with('#') || result.ec != std::errc{} || result.ptr != digits.data() + digits.size() ||
        !is_xml_character(code))
      throw Problem("has the unknown reference &" + std::string(name) + ";");
  }

  void element() {
    expect('<');
    std::string tag = name();
    std::set<std::string> attributes;
    while (peek() == ' ') {
      ++at_;
      if (!attributes.insert(name()).second) throw Problem("has an attribute twice in <" + tag + ">");
      expect('=');
      expect('"');
      while (peek() != '"') {
        if (peek() == '<') throw Problem("has '<' in an attribute of <" + tag + ">");
        text_character();
      }
      expect('"');
    }
    if (peek() == '/') {
      ++at_;
      expect('>');
      return;
    }
    expect('>');
    open_.push_back(std::move(tag));
  }

  void end_tag() {
    at_ += 2;
    if (name() != open_.back()) throw Problem("closes another element than <" + open_.back() + ">");
    open_.pop_back();
    expect('>');
  }

  std::string_view body_;
  std::size_t at_ = 0;
  std::vector<std::string> open_;
};

}  // namespace

std::string xml_problem(std::string_view body) {
  try {
    Checker(body).run();
    return "";
  } catch (const Problem& problem) {
    return problem.what();
  }
}

}  // namespace muster::test
