// Goal: values come from the strongest place, each remembers which, and what is wrong is said so that it can be mended.
// Method: load from texts; no file system, no environment of the process.
#include <catch2/catch.hpp>

#include "config/load.hpp"

using namespace muster::config;

namespace {

Inputs file(std::string text) {
  Inputs inputs;
  inputs.file = File{"m.toml", std::move(text)};
  return inputs;
}

Loaded good(const Inputs& inputs) {
  auto result = load(inputs);
  if (const auto* problems = std::get_if<Problems>(&result)) FAIL(problems->front());
  return std::get<Loaded>(std::move(result));
}

std::string problem(const Inputs& inputs) {
  auto result = load(inputs);
  REQUIRE(std::holds_alternative<Problems>(result));
  std::string all;
  for (const std::string& line : std::get<Problems>(result)) all += line + "\n";
  return all;
}

std::string source(const Loaded& loaded, const char* key) {
  return to_string(loaded.sources.find(key)->second);
}

}  // namespace

TEST_CASE("nothing given means defaults, and says so") {
  const Loaded loaded = good({});
  CHECK(loaded.settings.listen == "127.0.0.1:8761");
  CHECK(loaded.sources.size() == keys().size());
  for (const auto& [key, from] : loaded.sources) CHECK(to_string(from) == "default");
}

TEST_CASE("flags beat environment, environment beats file, file beats default") {
  Inputs inputs =
      file("listen = \"127.0.0.1:1\"\n[lease]\ninterval_s = 10\nduration_s = 40\n[log]\nlevel = \"warn\"\n");
  Loaded loaded = good(inputs);
  CHECK(loaded.settings.listen == "127.0.0.1:1");
  CHECK(source(loaded, "listen") == "file m.toml:1");
  CHECK(source(loaded, "lease.duration_s") == "file m.toml:4");
  CHECK(source(loaded, "lease.duration_max_s") == "default");

  inputs.environment = {{"MUSTER_LISTEN", "127.0.0.1:2"}, {"MUSTER_LEASE_DURATION_S", "50"}};
  loaded = good(inputs);
  CHECK(loaded.settings.listen == "127.0.0.1:2");
  CHECK(loaded.settings.lease.defaults.duration_s == 50);
  CHECK(loaded.settings.lease.defaults.interval_s == 10);
  CHECK(source(loaded, "lease.duration_s") == "environment MUSTER_LEASE_DURATION_S");

  inputs.flags = {{"listen", "--listen", std::string("127.0.0.1:3")}};
  loaded = good(inputs);
  CHECK(loaded.settings.listen == "127.0.0.1:3");
  CHECK(source(loaded, "listen") == "flag --listen");
  CHECK(loaded.settings.log.level == "warn");
}

TEST_CASE("the interval follows a duration that is set alone") {
  const Loaded loaded = good(file("[lease]\nduration_s = 40"));
  CHECK(loaded.settings.lease.defaults.interval_s == 13);
  CHECK(source(loaded, "lease.interval_s") == "default, a third of lease.duration_s");
  CHECK(good(file("[lease]\nduration_s = 2")).settings.lease.defaults.interval_s == 1);
  CHECK(good(file("[lease]\nduration_s = 40\ninterval_s = 20")).settings.lease.defaults.interval_s == 20);
  CHECK_THAT(problem(file("[lease]\nduration_s = 40\ninterval_s = 21")), Catch::Contains("at least two intervals"));
}

TEST_CASE("lists come from a TOML array, or separated by commas from the environment") {
  CHECK(good(file("[cluster]\npeers = [\"http://a:1\", \"http://b\"]")).settings.cluster.peers.size() == 2);
  Inputs inputs;
  inputs.environment = {{"MUSTER_CLUSTER_PEERS", " http://a:1 ,http://b:2,"}};
  CHECK(good(inputs).settings.cluster.peers == Texts{"http://a:1", "http://b:2"});
}

TEST_CASE("a bad file is refused with line, key and what would be right") {
  struct Row {
    const char* text;
    const char* said;
  };
  const Row rows[] = {
      {"[lease]\nduration_s = \"90\"", "m.toml:2: lease.duration_s = \"90\" must be a whole number"},
      {"[lease]\n\nduration_s = 0", "m.toml:3: lease.duration_s = 0 must be 2 to 86400"},
      {"[lease]\nduration_s = 90.5", "m.toml:2: lease.duration_s is a number with a fraction, but must be 2 to 86400"},
      {"[lease]\nduration_s = 1979-05-27", "is a date, but must be 2 to 86400"},
      {"[lease]\nduration_s = {}", "is a table, but must be"},
      {"[lease]\ndurations_s = 90", "m.toml:2: unknown key \"lease.durations_s\"; did you mean \"lease.duration_s\"?"},
      {"duration_s = 90", "did you mean \"lease.duration_s\"?"},
      {"[leases]\nduration_s = 90", "did you mean \"lease.duration_s\"?"},
      {"[lease]\nDuration_S = 90", "did you mean \"lease.duration_s\"?"},
      {"listne = \"a:1\"", "m.toml:1: unknown key \"listne\"; did you mean \"listen\"?"},
      {"[leese]\n", "m.toml:1: unknown key \"leese\"; did you mean the section [lease]?"},
      {"a.b.c.d.e.f.g = 1", "unknown key \"a.b\""},
      {"listen = \"8761\"", "m.toml:1: listen = \"8761\" must be HOST:PORT"},
      {"listen = 8761", "listen = 8761 must be a text"},
      {"insecure = \"yes\"", "insecure = \"yes\" must be true or false"},
      {"insecure = 1", "insecure = 1 must be true or false"},
      {"data_dir = \"a\\u0000b\"", "must not hold control characters"},
      {"[log]\nlevel = \"loud\"", "log.level = \"loud\" must be one of trace, debug, info, warn, error"},
      {"[cluster]\npeers = \"http://a\"", "cluster.peers = \"http://a\" must be a list of texts"},
      {"[cluster]\npeers = [1]", "a list that holds other things than texts"},
      {"[cluster]\npeers = [\"a b\"]", "entry \"a b\" must be a URL"},
      {"[cluster]\npeers = [\"https://a\"]", "entry \"https://a\" must begin with http://"},
      {"[cluster]\nsecret = \"short\"", "cluster.secret = \"(set)\" must have at least 16 bytes"},
      {"[cluster]\nsecret = \"long enough for it\"\nsecret_file = \"f\"", "cluster.secret = \"(set)\" (file m.toml:2)"},
      {"[lease]\ninterval_s = 60",
       "lease.duration_s = 90 (default) and lease.interval_s = 60 (file m.toml:2): a lease"},
      {"[lease]\nduration_max_s = 60", "must not be longer than the longest"},
      {"[instance]\nmetadata_bytes = 100", "instance.metadata_value_bytes = 4096 (default)"},
      {"listen", "m.toml:1: is not TOML"},
      {"insecure = true\ninsecure = false", "m.toml:2: is not TOML"},
      {"listen = \"\xff\"", "is not TOML"},
      {"a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a = 1", "has more than 16 dots"},
      {"[lease]\nduration_s = 99999999999999999999", "is not TOML"},
  };
  for (const Row& row : rows) {
    INFO(row.text);
    CHECK_THAT(problem(file(row.text)), Catch::Contains(row.said));
  }
}

TEST_CASE("a section is not mistaken for a key") {
  for (const char* text : {"lease = 3", "lease = \"x\"", "lease = [1]", "[[lease]]\nduration_s = 9"})
    CHECK_THAT(problem(file(text)), Catch::StartsWith("m.toml:1: \"lease\" is a section and takes no value of its own: "
                                                      "write its keys below a line [lease]; they are interval_s, "));
  Inputs inputs;
  inputs.environment = {{"MUSTER_LEASE", "3"}};
  CHECK_THAT(problem(inputs), Catch::Contains("\"MUSTER_LEASE\" names a section; its variables are "
                                              "MUSTER_LEASE_INTERVAL_S, MUSTER_LEASE_DURATION_S,"));
}

TEST_CASE("what is near to nothing is not guessed at, but led to the list") {
  struct Row {
    const char* text;
    const char* said;
  };
  const Row rows[] = {
      {"foo = 1",
       "m.toml:1: unknown key \"foo\"; config/musterd.toml explains every key, and GET /v1/node lists them\n"},
      {"[lease]\nfoo = 1", "unknown key \"lease.foo\"; the keys in [lease] are interval_s, duration_s, "},
      {"[lease.more]\nx = 1", "unknown key \"lease.more\"; the keys in [lease] are interval_s, "},
      {"[self_preservation]\nfoo = 1", "the keys in [self_preservation] are enabled, "},
      {"interval_s = 10", "did you mean \"lease.interval_s\"?"},
      {"[log]\ninterval_s = 10", "did you mean \"lease.interval_s\"?"},
  };
  for (const Row& row : rows) {
    INFO(row.text);
    CHECK_THAT(problem(file(row.text)), Catch::Contains(row.said));
  }
  const Row variables[] = {
      {"MUSTER_FOO", "unknown variable \"MUSTER_FOO\"; config/musterd.toml explains every key"},
      {"MUSTER_LEASE_FOO", "those of its section are MUSTER_LEASE_INTERVAL_S, "},
      {"MUSTER_SELF_PRESERVATION_FOO", "those of its section are MUSTER_SELF_PRESERVATION_ENABLED, "},
      {"MUSTER_DURATION_S", "did you mean \"MUSTER_LEASE_DURATION_S\"?"},
      {"MUSTER_DATADIR", "did you mean \"MUSTER_DATA_DIR\"?"},
      {"MUSTER_", "unknown variable \"MUSTER_\"; config/musterd.toml"},
  };
  for (const Row& row : variables) {
    INFO(row.text);
    Inputs inputs;
    inputs.environment = {{row.text, "1"}};
    CHECK_THAT(problem(inputs), Catch::Contains(row.said));
  }
}

TEST_CASE("all problems are told at once, up to a limit") {
  const std::string two = problem(file("a = 1\nb = 2"));
  CHECK_THAT(two, Catch::Contains("m.toml:1:") && Catch::Contains("m.toml:2:"));
  std::string many;
  for (int i = 0; i < 100; ++i) many += "x" + std::to_string(i) + " = 1\n";
  CHECK_THAT(problem(file(many)), Catch::Contains("and 80 more"));
  CHECK_THAT(problem(file(std::string(file_bytes_max + 1, '#'))), Catch::Contains("has more than 262144 bytes"));
}

TEST_CASE("a key with control characters cannot write to the terminal") {
  const std::string said = problem(file("\"a\\u001b[2J\\n\" = 1"));
  CHECK(said.find('\x1b') == std::string::npos);
  CHECK_THAT(said, Catch::Contains("\\u001B"));
}

TEST_CASE("a bad variable is refused by name") {
  Inputs inputs;
  inputs.environment = {{"MUSTER_LEASE_DURATION", "90"}};
  CHECK_THAT(problem(inputs), Catch::Contains("unknown variable \"MUSTER_LEASE_DURATION\"; did you mean "
                                              "\"MUSTER_LEASE_DURATION_S\"?"));
  inputs.environment = {{"MUSTER_LEASE_DURATION_S", "ninety"}};
  CHECK_THAT(problem(inputs), Catch::Contains("MUSTER_LEASE_DURATION_S=\"ninety\" must be 2 to 86400"));
  inputs.environment = {{"MUSTER_LEASE_DURATION_S", "0"}};
  CHECK_THAT(problem(inputs), Catch::Contains("environment MUSTER_LEASE_DURATION_S: lease.duration_s = 0 must be 2"));
  inputs.environment = {{"MUSTER_INSECURE", "maybe"}};
  CHECK_THAT(problem(inputs), Catch::Contains("must be true or false"));
}

TEST_CASE("a bad flag is refused by name") {
  Inputs inputs;
  inputs.flags = {{"listen", "--listen", std::string("here")}};
  CHECK_THAT(problem(inputs), Catch::Contains("flag --listen: listen = \"here\" must be HOST:PORT"));
}

TEST_CASE("variables that container platforms set for a service called muster are no settings") {
  const char* const variables[] = {"PATH=/bin",
                                   "MUSTER_CONFIG=/etc/m.toml",
                                   "MUSTER_SERVICE_HOST=10.0.0.1",
                                   "MUSTER_SERVICE_PORT=8761",
                                   "MUSTER_SERVICE_PORT_HTTP=8761",
                                   "MUSTER_PORT=tcp://10.0.0.1:8761",
                                   "MUSTER_PORT_8761_TCP=tcp://10.0.0.1:8761",
                                   "MUSTER_PORT_8761_TCP_ADDR=10.0.0.1",
                                   "MUSTER_HEADLESS_SERVICE_HOST=None",
                                   "MUSTER_HEADLESS_PORT_8761_TCP_PROTO=tcp",
                                   "MUSTER_LISTEN=127.0.0.1:1",
                                   "MUSTER_EMPTY=",
                                   nullptr};
  const auto taken = environment(variables);
  REQUIRE(taken.size() == 2);
  CHECK(taken[0] == std::pair<std::string, std::string>("MUSTER_LISTEN", "127.0.0.1:1"));
  CHECK(taken[1].first == "MUSTER_EMPTY");

  std::vector<std::string> ours;
  std::vector<const char*> pointers;
  for (const Key& key : keys()) ours.push_back(environment_name(key) + "=x");
  for (const std::string& variable : ours) pointers.push_back(variable.c_str());
  pointers.push_back(nullptr);
  CHECK(environment(pointers.data()).size() == keys().size());
}

TEST_CASE("a file that cannot be read says why") {
  const auto missing = read_file("/nonexistent/musterd.toml");
  CHECK_THAT(std::get<std::string>(missing),
             Catch::Contains("/nonexistent/musterd.toml: cannot be read: No such file"));
  const auto directory = read_file("/");
  CHECK_THAT(std::get<std::string>(directory), Catch::Contains("cannot be read"));
}
