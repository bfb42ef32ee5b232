#include <malloc.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <utility>

#include "server/app/command_line.hpp"
#include "server/app/log.hpp"
#include "server/app/process.hpp"
#include "server/app/server.hpp"

namespace {

using namespace muster::app;
namespace config = muster::config;

void print_problems(const config::Problems& problems) {
  for (const std::string& problem : problems) std::fprintf(stderr, "musterd: %s\n", problem.c_str());
}

/// Prints what would be in force, one key a line, in the order of the manual.
ExitCode check(const config::Loaded& loaded) {
  try {
    listen_address_of(loaded.settings);
  } catch (const StartRefused& refused) {
    print_problems({refused.what()});
    return exit_failed;
  }
  for (const config::Key& key : config::keys())
    std::printf("%s = %s  # %s\n", std::string(key.name).c_str(),
                config::to_toml(config::shown(key, key.read(loaded.settings))).c_str(),
                config::to_string(loaded.sources.find(key.name)->second).c_str());
  std::puts("# The configuration is good.");
  return exit_good;
}

ExitCode serve(CommandLine command_line, config::Loaded loaded) {
  tune_allocator();
  Log log(loaded.settings.log.level);
  bool constructed = false;
  try {
    Server server(std::move(command_line), std::move(loaded), log);
    constructed = true;
    return server.run();
  } catch (const StartRefused& refused) {
    log->error("not started: {}", refused.what());
    return exit_refused;
  } catch (const std::exception& error) {
    if (!constructed) {  // the system gave no memory, thread or open file
      log->error("not started: {}", error.what());
      return exit_refused;
    }
    log->critical("stopped by a fault of this program: {}; please report it", error.what());
    return exit_failed;
  }
}

/// Whole bodies come from the kernel and go back to it. By default the allocator learns from the first one that is
/// freed to keep such sizes in its heap, where a burst of slow readers leaves hundreds of megabytes behind.
void give_large_memory_back() {
  constexpr int large = 512 * 1024;
  ::mallopt(M_MMAP_THRESHOLD, large);
}

}  // namespace

int main(int argc, char** argv) {
  give_large_memory_back();
  auto parsed = parse_command_line(argc, argv);
  if (const auto* code = std::get_if<ExitCode>(&parsed)) return *code;
  auto command_line = std::get<CommandLine>(std::move(parsed));
  auto loaded = load_configuration(command_line, ::environ);
  if (const auto* problems = std::get_if<config::Problems>(&loaded)) {
    print_problems(*problems);
    return command_line.check_config ? exit_failed : exit_refused;
  }
  if (command_line.check_config) return check(std::get<config::Loaded>(loaded));
  return serve(std::move(command_line), std::get<config::Loaded>(std::move(loaded)));
}
