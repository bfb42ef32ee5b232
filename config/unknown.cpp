#include "config/unknown.hpp"

#include <algorithm>
#include <optional>
#include <vector>

#include "config/keys.hpp"
#include "config/nearest.hpp"
#include "config/value.hpp"
#include "proto/model/ascii.hpp"

namespace muster::config {
namespace {

constexpr std::string_view where_all_are = "config/musterd.toml explains every key, and GET /v1/node lists them";

/// Empty: the key stands in no section.
std::string_view section_of(std::string_view name) {
  const auto dot = name.find('.');
  return dot == std::string_view::npos ? std::string_view{} : name.substr(0, dot);
}

std::vector<std::string> sections() {
  std::vector<std::string> out;
  for (const Key& key : keys()) {
    const std::string_view section = section_of(key.name);
    if (!section.empty() && (out.empty() || out.back() != section)) out.emplace_back(section);
  }
  return out;
}

std::optional<std::string> nearest_key(std::string_view name) {
  std::vector<std::string> names;
  for (const Key& key : keys()) names.emplace_back(key.name);
  return nearest(name, names);
}

std::string keys_in(std::string_view section) {
  std::string out;
  for (const Key& key : keys())
    if (section_of(key.name) == section)
      out.append(out.empty() ? "" : ", ").append(key.name.substr(section.size() + 1));
  return out;
}

std::string variables_in(std::string_view section) {
  std::string out;
  for (const Key& key : keys())
    if (section_of(key.name) == section) out.append(out.empty() ? "" : ", ").append(environment_name(key));
  return out;
}

/// "lease.duration" of "MUSTER_LEASE_DURATION": only a section that exists is set off by a dot.
std::string key_text(std::string_view variable) {
  std::string text = model::to_lower(variable.substr(variable.find('_') + 1));
  for (const std::string& section : sections())
    if (text.starts_with(section) && std::string_view(text).substr(section.size()).starts_with('_'))
      text[section.size()] = '.';
  return text;
}

}  // namespace

bool is_section(std::string_view name) {
  const auto all = sections();
  return std::find(all.begin(), all.end(), name) != all.end();
}

std::string unknown_key(std::string_view name) {
  if (is_section(name)) {
    const std::string section(name);
    return quoted(name) + " is a section and takes no value of its own: write its keys below a line [" + section +
           "]; they are " + keys_in(name);
  }
  const std::string unknown = "unknown key " + quoted(name) + "; ";
  if (const auto key = nearest_key(name)) return unknown + "did you mean " + quoted(*key) + "?";
  if (name.find('.') == std::string_view::npos)
    if (const auto section = nearest(name, sections())) return unknown + "did you mean the section [" + *section + "]?";
  const std::string_view section = section_of(name);
  if (is_section(section)) return unknown + "the keys in [" + std::string(section) + "] are " + keys_in(section);
  return unknown + std::string(where_all_are);
}

std::string unknown_variable(std::string_view name) {
  const std::string text = key_text(name);
  if (is_section(text)) return quoted(name) + " names a section; its variables are " + variables_in(text);
  const std::string unknown = "unknown variable " + quoted(name) + "; ";
  if (const auto key = nearest_key(text))
    return unknown + "did you mean " + quoted(environment_name(*find_key(*key))) + "?";
  const std::string_view section = section_of(text);
  if (is_section(section)) return unknown + "those of its section are " + variables_in(section);
  return unknown + std::string(where_all_are);
}

}  // namespace muster::config
