// Goal: the flags that scripts and packages rely on become the right keys. Method: argument lists as a shell gives
// them.
#include <vector>

#include <catch2/catch.hpp>

#include "server/app/command_line.hpp"

using namespace muster::app;

namespace {

constexpr const char* const no_environment[] = {nullptr};  // whoever runs the tests may have MUSTER_ variables

std::variant<CommandLine, ExitCode> parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "musterd");
  return parse_command_line(static_cast<int>(arguments.size()), arguments.data());
}

}  // namespace

TEST_CASE("no arguments are fine, and set nothing") {
  const auto line = std::get<CommandLine>(parse({}));
  CHECK(line.flags.empty());
  CHECK(line.config_path.empty());
  CHECK_FALSE(line.check_config);
}

TEST_CASE("every flag sets its key, and its source is the flag") {
  const auto line =
      std::get<CommandLine>(parse({"--listen", "127.0.0.1:0", "--data-dir=/var/lib/muster", "--peer", "http://a:1",
                                   "--peer", "http://b:1", "--insecure", "--log-level", "debug"}));
  const auto loaded = std::get<muster::config::Loaded>(load_configuration(line, no_environment));
  CHECK(loaded.settings.listen == "127.0.0.1:0");
  CHECK(loaded.settings.data_dir == "/var/lib/muster");
  CHECK(loaded.settings.cluster.peers == muster::config::Texts{"http://a:1", "http://b:1"});
  CHECK(loaded.settings.insecure);
  CHECK(loaded.settings.log.level == "debug");
  for (const char* key : {"listen", "data_dir", "cluster.peers", "insecure", "log.level"})
    CHECK(loaded.sources.find(key)->second.kind == muster::config::Source::Kind::flag);
}

TEST_CASE("a file that cannot be read is a problem that names the flag") {
  const auto line = std::get<CommandLine>(parse({"--config", "/nonexistent/m.toml"}));
  const auto loaded = load_configuration(line, no_environment);
  CHECK_THAT(std::get<muster::config::Problems>(loaded).front(), Catch::StartsWith("--config /nonexistent/m.toml"));
}
