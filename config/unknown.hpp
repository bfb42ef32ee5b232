#pragma once

#include <string>
#include <string_view>

// What to say of names that are no keys, so that whoever typed them finds the right one.
namespace muster::config {

/// Whether `name` is a section, such as "lease".
bool is_section(std::string_view name);

/// Of a name in a file, dots included: `unknown key "listne"; did you mean "listen"?`, `"lease" is a section, …`.
std::string unknown_key(std::string_view name);

/// Of an environment variable whose name begins with MUSTER_: the same, in names of variables.
std::string unknown_variable(std::string_view name);

}  // namespace muster::config
