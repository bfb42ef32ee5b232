#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace muster::config {

using Texts = std::vector<std::string>;

/// The value of a key, whatever its type in Settings: what files, environment and flags have in common.
using Value = std::variant<bool, std::int64_t, std::string, Texts>;

/// "a whole number", "true or false", …: for error messages.
std::string_view type_name(const Value& value);

/// As it would stand in a TOML file. Control characters are escaped, so it is safe in a log line and on a terminal.
std::string to_toml(const Value& value);

/// Text of a stranger or an operator between double quotes, escaped like a TOML string.
std::string quoted(std::string_view text);

}  // namespace muster::config
