#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/value.hpp"

namespace muster::config {

/// A value of a TOML file that no key has the type of, such as a date; says which.
struct OtherType {
  std::string name;
};

struct FileEntry {
  std::string name;  ///< path with dots, as written
  std::variant<Value, OtherType> value;
  std::uint32_t line = 0;
};

struct FileError {
  std::string message;
  std::uint32_t line = 0;
};

inline constexpr std::string_view table_type = "a table";

/// Reads TOML into its keys, in the order of lines. A section without keys is an entry of type `table_type`. Tables
/// below sections are not opened: they come as one entry of another type, since no key lies there. Nothing is checked
/// against the known keys.
std::variant<std::vector<FileEntry>, FileError> read_toml(std::string_view text);

}  // namespace muster::config
