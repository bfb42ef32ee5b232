#include "server/app/node_document.hpp"

#include <ctime>

#include <nlohmann/json.hpp>

#include "server/app/data_directory.hpp"
#include "server/app/version.hpp"

namespace muster::app {
namespace {

using Json = nlohmann::ordered_json;

std::string utc(core::WallMs wall_ms) {
  const auto seconds = static_cast<std::time_t>(wall_ms / 1000);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[40];
  const std::size_t size = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  return std::string(text, size) + "Z";
}

Json value_of(const config::Value& value) {
  return std::visit([](const auto& one) { return Json(one); }, value);
}

Json configuration_of(const config::Loaded& loaded) {
  Json out = Json::object();
  for (const config::Key& key : config::keys()) {
    Json one = Json::object();
    one["value"] = value_of(config::shown(key, key.read(loaded.settings)));
    one["source"] = config::to_string(loaded.sources.find(key.name)->second);
    one["reloadable"] = key.reload == config::Reload::yes;
    out[std::string(key.name)] = std::move(one);
  }
  return out;
}

}  // namespace

std::string node_document(const NodeFacts& facts, const config::Loaded& configuration) {
  Json out = Json::object();
  out["id"] = model::node_name(facts.origin.node);
  out["boot"] = facts.origin.boot;
  out["version"] = version();
  out["build"] = build();
  out["state"] = facts.state;
  out["role"] = facts.clustered ? "cluster" : "single";
  out["started"] = utc(facts.started_ms);
  out["address"] = facts.address;
  out["port"] = facts.port;
  out["config"] = configuration_of(configuration);
  return out.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace muster::app
