#pragma once

#include <string>
#include <string_view>

namespace muster::app {

/// What `cluster.secret_file` holds: its first line without the blanks around it. `problem` is empty, or says without
/// the secret why it cannot be one.
struct SecretFile {
  std::string secret;
  std::string problem;
};

SecretFile parse_secret_file(std::string_view text);

}  // namespace muster::app
