// Goal: musterd.toml documents every key with its true default, range and reload, and nothing else. Method: read the
// manual as it stands, and once more with every commented key switched on.
#include <regex>

#include <catch2/catch.hpp>

#include "config/load.hpp"
#include "config/toml_file.hpp"

using namespace muster::config;

namespace {

/// A key in the manual: what stands above it, and its line.
struct Documented {
  std::string comment;
  std::string facts;  ///< the last line of the comment
  std::string value;
};

struct Manual {
  std::string switched_on;
  std::vector<std::pair<std::string, Documented>> keys;
};

Manual read_manual() {
  const std::string text = std::get<File>(read_file(MUSTER_MANUAL)).text;
  const std::regex key_line("#([a-z0-9_]+) = (.*)");
  const std::regex section_line("\\[([a-z0-9_]+)\\]");
  Manual out;
  std::string section;
  Documented above;
  std::smatch match;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (std::regex_match(line, match, key_line)) {
      above.value = match[2];
      out.keys.emplace_back(section + match[1].str(), above);
      out.switched_on += line.substr(1) + "\n";
      continue;
    }
    if (std::regex_match(line, match, section_line)) section = match[1].str() + ".";
    if (line.starts_with("# ")) {
      above.facts = line.substr(2);
      above.comment += (above.comment.empty() ? "" : " ") + above.facts;
    } else {
      above = {};
    }
    out.switched_on += line + "\n";
  }
  return out;
}

std::string unit(std::string_view name) {
  if (name.ends_with("_ms")) return " milliseconds";
  if (name.ends_with("_s")) return " seconds";
  if (name.ends_with("_bytes")) return " bytes";
  if (name.ends_with("_percent")) return " percent";
  return "";
}

}  // namespace

TEST_CASE("the manual as it stands changes nothing") {
  Inputs inputs;
  inputs.file = std::get<File>(read_file(MUSTER_MANUAL));
  const auto loaded = load(inputs);
  REQUIRE(std::holds_alternative<Loaded>(loaded));
  for (const auto& [key, source] : std::get<Loaded>(loaded).sources) CHECK(to_string(source) == "default");
}

TEST_CASE("the manual has every key in the order of the table, with its default, and no other") {
  const Manual manual = read_manual();
  std::vector<std::string> documented, known;
  for (const auto& [name, key] : manual.keys) documented.push_back(name);
  for (const Key& key : keys()) known.emplace_back(key.name);
  CHECK(documented == known);
  for (const auto& [name, key] : manual.keys) {
    INFO(name);
    REQUIRE(find_key(name) != nullptr);
    CHECK(key.value == to_toml(default_value(*find_key(name))));
  }
}

TEST_CASE("the manual with every key switched on loads, and equals the defaults") {
  Inputs inputs;
  inputs.file = File{"musterd.toml", read_manual().switched_on};
  const auto result = load(inputs);
  if (const auto* problems = std::get_if<Problems>(&result)) FAIL(problems->front());
  const Loaded& loaded = std::get<Loaded>(result);
  for (const Key& key : keys()) {
    INFO(key.name);
    CHECK(key.read(loaded.settings) == default_value(key));
    CHECK(loaded.sources.find(key.name)->second.kind == Source::Kind::file);
  }
}

TEST_CASE("the manual says of each key what the table says") {
  for (const auto& [name, documented] : read_manual().keys) {
    INFO(name << ": " << documented.comment);
    const Key& key = *find_key(name);
    CHECK(documented.comment.starts_with(key.doc));
    const std::string reload = key.reload == Reload::yes ? "; on reload." : "; on restart.";
    const Value value = default_value(key);
    if (std::holds_alternative<std::int64_t>(value) || std::holds_alternative<bool>(value))
      CHECK(documented.facts == range_text(key) + unit(name) + reload);
    else
      CHECK_THAT(documented.facts, Catch::EndsWith(reload));
  }
}
