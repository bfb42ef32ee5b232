#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "config/keys.hpp"
#include "config/settings.hpp"

// Defaults < file < environment < flags. Loading is pure: what stands in the file and in the environment is handed in.
namespace muster::config {

/// A larger file is refused: it is not a configuration.
inline constexpr std::size_t file_bytes_max = 256 * 1024;

struct File {
  std::string path;
  std::string text;
};

struct Inputs {
  std::optional<File> file;
  /// Variables whose name begins with MUSTER_, as environment() gives them.
  std::vector<std::pair<std::string, std::string>> environment;
  /// Values of flags by the name of their key; `flag` is what the user typed ("--listen").
  struct Flag {
    std::string key;
    std::string flag;
    Value value;
  };
  std::vector<Flag> flags;
};

/// Where a value came from.
struct Source {
  enum class Kind : std::uint8_t { default_, file, environment, flag };
  Kind kind = Kind::default_;
  std::string
      where;  ///< "/etc/musterd.toml:12", "MUSTER_LISTEN", "--listen"; of a default that another key decides: how
};

/// "default", "default, a third of lease.duration_s", "file /etc/musterd.toml:12", "environment MUSTER_LISTEN", "flag
/// --listen".
std::string to_string(const Source& source);

struct Loaded {
  Settings settings;
  std::map<std::string, Source, std::less<>> sources;  ///< every key has one
};

/// All that is wrong, a sentence each: key, value, what is allowed, where it stands. Never empty.
using Problems = std::vector<std::string>;

std::variant<Loaded, Problems> load(const Inputs& inputs);

/// The whole file, or why it cannot be read.
std::variant<File, std::string> read_file(const std::string& path);

/// The MUSTER_ variables of `environ`. MUSTER_CONFIG (the path of the file, read by the command line) is left out, and
/// so are the variables that Kubernetes and container links set for every service called "muster" or "muster-…", such
/// as MUSTER_SERVICE_HOST and MUSTER_PORT_8761_TCP: they are not meant as settings and must not keep a node from
/// starting.
std::vector<std::pair<std::string, std::string>> environment(const char* const* environ);

}  // namespace muster::config
