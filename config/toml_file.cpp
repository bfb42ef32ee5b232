#include "config/toml_file.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include <toml++/toml.h>

namespace muster::config {
namespace {

/// Keys lie at most one table deep: "section.key".
constexpr int depth_max = 1;

/// Dotted keys nest as deep as they have dots, and a tree of tens of thousands of tables would exhaust the stack when
/// it is taken down.
constexpr std::size_t dots_max = 16;

std::string_view other_type_name(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::table:
      return table_type;
    case toml::node_type::array:
      return "a list that holds other things than texts";
    case toml::node_type::floating_point:
      return "a number with a fraction";
    case toml::node_type::date:
      return "a date";
    case toml::node_type::time:
      return "a time";
    case toml::node_type::date_time:
      return "a date with time";
    case toml::node_type::none:
    case toml::node_type::string:
    case toml::node_type::integer:
    case toml::node_type::boolean:
      break;
  }
  return "something else";
}

std::variant<Value, OtherType> to_value(const toml::node& node) {
  if (const auto* flag = node.as_boolean()) return Value(flag->get());
  if (const auto* number = node.as_integer()) return Value(number->get());
  if (const auto* text = node.as_string()) return Value(text->get());
  if (const auto* list = node.as_array()) {
    Texts texts;
    for (const toml::node& element : *list) {
      const auto* text = element.as_string();
      if (text == nullptr) return OtherType{std::string(other_type_name(node))};
      texts.push_back(text->get());
    }
    return Value(std::move(texts));
  }
  return OtherType{std::string(other_type_name(node))};
}

void collect(const toml::table& table, const std::string& prefix, int depth, std::vector<FileEntry>& out) {
  for (const auto& [key, node] : table) {
    std::string name = prefix + std::string(key.str());
    const toml::table* inner = node.as_table();
    if (inner != nullptr && depth < depth_max && !inner->empty()) {
      collect(*inner, name + ".", depth + 1, out);
      continue;
    }
    const auto line = key.source().begin ? key.source().begin.line : node.source().begin.line;
    out.push_back(FileEntry{std::move(name), to_value(node), line});
  }
}

/// Counts the dots of each name, outside of strings and comments. Judges lines alone, so a text over several lines with
/// that many dots is refused too; no key needs one.
std::optional<FileError> refuse_depth(std::string_view text) {
  std::uint32_t line = 1;
  std::size_t dots = 0;
  char inside = 0;  // the quote or comment sign that began what we are in
  bool escaped = false;
  for (const char c : text) {
    if (c == '\n') {
      ++line;
      dots = 0;
      inside = 0;
      escaped = false;
    } else if (inside != 0) {
      if (c == inside && inside != '#' && !escaped) inside = 0;
      escaped = inside == '"' && c == '\\' && !escaped;
    } else if (c == '#' || c == '"' || c == '\'') {
      inside = c;
    } else if (c == '=' || c == ',' || c == '{') {
      dots = 0;
    } else if (c == '.' && ++dots > dots_max) {
      return FileError{"a name has more than " + std::to_string(dots_max) + " dots", line};
    }
  }
  return std::nullopt;
}

}  // namespace

std::variant<std::vector<FileEntry>, FileError> read_toml(std::string_view text) {
  if (auto error = refuse_depth(text)) return *error;
  std::vector<FileEntry> entries;
  try {
    collect(toml::parse(text), "", 0, entries);
  } catch (const toml::parse_error& error) {  // the library of the distribution is built to throw
    return FileError{std::string(error.description()), error.source().begin.line};
  }
  std::stable_sort(entries.begin(), entries.end(),
                   [](const FileEntry& a, const FileEntry& b) { return a.line < b.line; });
  return entries;
}

}  // namespace muster::config
