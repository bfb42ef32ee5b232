// Goal: GET /v1/node shows every key with its value and source. Method: read the document back.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "server/app/node_document.hpp"

using namespace muster;

TEST_CASE("the node's document tells who it is and what it runs with") {
  config::Inputs inputs;
  inputs.file = config::File{"m.toml",
                             "data_dir = \"/a\\\"b\"\n[cluster]\npeers = [\"http://a:1\"]\n"
                             "secret = \"what nobody may read\"\n"};
  const auto loaded = std::get<config::Loaded>(config::load(inputs));
  app::NodeFacts facts;
  facts.origin = {0xabc, 17};
  facts.state = "READY";
  facts.started_ms = 1'760'000'000'000;
  facts.address = "127.0.0.1";
  facts.port = 8761;
  const auto document = nlohmann::json::parse(app::node_document(facts, loaded));
  CHECK(document["id"] == "0000000000000abc");
  CHECK(document["boot"] == 17);
  CHECK(document["state"] == "READY");
  CHECK(document["role"] == "single");
  CHECK(document["started"] == "2025-10-09T08:53:20Z");
  CHECK(document["port"] == 8761);
  CHECK(document["config"].size() == config::keys().size());
  CHECK(document["config"]["data_dir"]["value"] == "/a\"b");
  CHECK(document["config"]["data_dir"]["source"] == "file m.toml:1");
  CHECK(document["config"]["data_dir"]["reloadable"] == false);
  CHECK(document["config"]["cluster.peers"]["value"] == nlohmann::json{"http://a:1"});
  CHECK(document["config"]["cluster.secret"]["value"] == "(set)");
  CHECK(document.dump().find("nobody may read") == std::string::npos);
  CHECK(document["config"]["lease.duration_s"]["value"] == 90);
  CHECK(document["config"]["lease.duration_s"]["source"] == "default");
  CHECK(document["config"]["lease.duration_s"]["reloadable"] == true);
}
