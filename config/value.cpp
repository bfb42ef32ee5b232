#include "config/value.hpp"

#include <cstdio>

namespace muster::config {
namespace {

struct TypeName {
  std::string_view operator()(bool) const { return "true or false"; }
  std::string_view operator()(std::int64_t) const { return "a whole number"; }
  std::string_view operator()(const std::string&) const { return "a text"; }
  std::string_view operator()(const Texts&) const { return "a list of texts"; }
};

struct ToToml {
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(std::int64_t value) const { return std::to_string(value); }
  std::string operator()(const std::string& value) const { return quoted(value); }
  std::string operator()(const Texts& values) const {
    std::string out = "[";
    for (const std::string& value : values) {
      if (out.size() > 1) out += ", ";
      out += quoted(value);
    }
    return out + "]";
  }
};

}  // namespace

std::string_view type_name(const Value& value) {
  return std::visit(TypeName{}, value);
}

std::string to_toml(const Value& value) {
  return std::visit(ToToml{}, value);
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04X", static_cast<unsigned>(byte));
      out += escape;
    } else {
      out += c;
    }
  }
  return out + "\"";
}

}  // namespace muster::config
