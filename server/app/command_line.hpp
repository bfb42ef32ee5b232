#pragma once

#include <string>
#include <variant>
#include <vector>

#include "config/load.hpp"

namespace muster::app {

/// What the program ends with.
enum ExitCode : int {
  exit_good = 0,     ///< stopped by a signal after draining, or asked for help, version or a check that went well
  exit_failed = 1,   ///< stopped at once by a second signal, a check that found problems, or a fault while running
  exit_refused = 2,  ///< did not start: flags, configuration, address, data directory or the system
};

struct CommandLine {
  std::string config_path;  ///< empty: no file
  bool check_config = false;
  std::vector<config::Inputs::Flag> flags;
};

/// Reads the arguments. Where the program is to end at once (help, version, mistakes) it prints why and gives the exit
/// code.
std::variant<CommandLine, ExitCode> parse_command_line(int argc, const char* const* argv);

/// Reads the file and `environment` (as `environ` has it) once more and puts the flags on top: the same at start and at
/// SIGHUP.
std::variant<config::Loaded, config::Problems> load_configuration(const CommandLine& command_line,
                                                                  const char* const* environment);

}  // namespace muster::app
