#include "server/app/command_line.hpp"

#include <cstdlib>
#include <optional>
#include <utility>

#include <CLI/CLI.hpp>

#include "server/app/version.hpp"

namespace muster::app {
namespace {

constexpr const char* footer =
    "Without arguments it serves on loopback, port 8761, and keeps nothing on disk. Every setting: "
    "config/musterd.toml.\n"
    "SIGTERM and SIGINT drain, a second one stops at once; SIGHUP reads the configuration again.\n"
    "\n"
    "Exit codes:\n"
    "  0  stopped after draining; help, version, or a good --check-config\n"
    "  1  stopped at once by a second signal, --check-config found problems, or a fault of the program\n"
    "  2  did not start: a flag, the configuration, the address or the data directory; the last line says what to do";

/// What CLI11 fills in; flags that were not given stay empty.
struct Parsed {
  std::string config;
  bool check_config = false;
  std::optional<std::string> listen, data_dir, log_level;
  std::vector<std::string> peers;
  bool insecure = false;
};

void define(CLI::App& app, Parsed& parsed) {
  app.set_version_flag("--version", std::string("musterd ") + version());
  app.footer(footer);
  app.add_option("--listen", parsed.listen, "Address and port to serve on; port 0 picks one")->type_name("HOST:PORT");
  app.add_option("--data-dir", parsed.data_dir, "Where the node keeps what survives a restart")->type_name("DIR");
  app.add_option("--peer", parsed.peers, "A node of the cluster; may be repeated, and may be this node")
      ->type_name("URL")
      ->allow_extra_args(false);
  app.add_option("--config", parsed.config, "Configuration file; the variable MUSTER_CONFIG does the same")
      ->type_name("FILE")
      ->envname("MUSTER_CONFIG");
  app.add_flag("--insecure", parsed.insecure, "Allow other addresses than loopback although nobody is authenticated");
  app.add_flag("--check-config", parsed.check_config, "Read everything, print problems or effective values, and exit");
  app.add_option("--log-level", parsed.log_level, "trace, debug, info, warn or error")->type_name("LEVEL");
}

CommandLine command_line_of(Parsed parsed) {
  CommandLine out;
  out.config_path = std::move(parsed.config);
  out.check_config = parsed.check_config;
  if (parsed.listen) out.flags.push_back({"listen", "--listen", *parsed.listen});
  if (parsed.data_dir) out.flags.push_back({"data_dir", "--data-dir", *parsed.data_dir});
  if (parsed.log_level) out.flags.push_back({"log.level", "--log-level", *parsed.log_level});
  if (!parsed.peers.empty()) out.flags.push_back({"cluster.peers", "--peer", std::move(parsed.peers)});
  if (parsed.insecure) out.flags.push_back({"insecure", "--insecure", true});
  return out;
}

}  // namespace

std::variant<CommandLine, ExitCode> parse_command_line(int argc, const char* const* argv) {
  CLI::App app("musterd: a service registry for Eureka clients and plain HTTP");
  Parsed parsed;
  define(app, parsed);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? exit_good : exit_refused;
  }
  return command_line_of(std::move(parsed));
}

std::variant<config::Loaded, config::Problems> load_configuration(const CommandLine& command_line,
                                                                  const char* const* environment) {
  config::Inputs inputs;
  if (!command_line.config_path.empty()) {
    auto file = config::read_file(command_line.config_path);
    if (const auto* problem = std::get_if<std::string>(&file)) return config::Problems{"--config " + *problem};
    inputs.file = std::get<config::File>(std::move(file));
  }
  inputs.environment = config::environment(environment);
  inputs.flags = command_line.flags;
  return config::load(inputs);
}

}  // namespace muster::app
