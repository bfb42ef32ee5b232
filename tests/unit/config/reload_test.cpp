// Goal: a reload takes over what may change, leaves the rest, and tells both. Method: two loads, compared.
#include <catch2/catch.hpp>

#include "config/reload.hpp"

using namespace muster::config;

namespace {

Loaded from(const char* text) {
  Inputs inputs;
  inputs.file = File{"m.toml", text};
  return std::get<Loaded>(load(inputs));
}

}  // namespace

TEST_CASE("an unchanged file changes nothing") {
  const Reloaded reloaded =
      reload(from("[lease]\ninterval_s = 9\nduration_s = 60"), from("[lease]\ninterval_s = 9\nduration_s = 60"));
  CHECK(reloaded.applied.empty());
  CHECK(reloaded.needs_restart.empty());
}

TEST_CASE("a reload applies what may change and keeps what needs a restart") {
  const Loaded running = from("listen = \"127.0.0.1:1\"\n[lease]\ninterval_s = 9\nduration_s = 60");
  const Loaded read =
      from("listen = \"127.0.0.1:2\"\n\n[lease]\ninterval_s = 9\nduration_s = 80\n[log]\nlevel = \"debug\"");
  const Reloaded reloaded = reload(running, read);

  REQUIRE(reloaded.applied.size() == 2);
  CHECK(reloaded.applied[0].key->name == "log.level");
  CHECK(reloaded.applied[1].key->name == "lease.duration_s");
  CHECK(to_toml(reloaded.applied[1].before) == "60");
  CHECK(to_toml(reloaded.applied[1].after) == "80");
  REQUIRE(reloaded.needs_restart.size() == 1);
  CHECK(reloaded.needs_restart[0].key->name == "listen");

  CHECK(reloaded.effective.settings.listen == "127.0.0.1:1");
  CHECK(reloaded.effective.settings.lease.defaults.duration_s == 80);
  CHECK(to_string(reloaded.effective.sources.find("listen")->second) == "file m.toml:1");
  CHECK(to_string(reloaded.effective.sources.find("lease.duration_s")->second) == "file m.toml:5");
}

TEST_CASE("a key taken out of the file returns to its default") {
  const Reloaded reloaded = reload(from("[lease]\ninterval_s = 9\nduration_s = 60"), from(""));
  CHECK(reloaded.effective.settings.lease.defaults.duration_s == 90);
  CHECK(to_string(reloaded.effective.sources.find("lease.duration_s")->second) == "default");
}

TEST_CASE("a changed secret is told without its value") {
  const Loaded running = from("[cluster]\nsecret = \"the one of yesterday\"");
  const Reloaded reloaded = reload(running, from("[cluster]\nsecret = \"the one of tomorrow\""));
  REQUIRE(reloaded.needs_restart.size() == 1);
  CHECK(to_toml(reloaded.needs_restart[0].before) == "\"(set)\"");
  CHECK(to_toml(reloaded.needs_restart[0].after) == "\"(set)\"");
  CHECK(reloaded.effective.settings.cluster.secret == "the one of yesterday");
}
