#include "tests/sim/world.hpp"

#include "tests/sim/ledger.hpp"
#include "tests/sim/oracles/all.hpp"

namespace muster::sim {

core::Settings default_settings() {
  core::Settings settings;
  settings.origin = {7, 1};
  return settings;
}

World::World(WorldOptions options)
    : options_(options),
      random_(options.seed),
      network_(schedule_, random_.fork(), options.network),
      node_(std::make_unique<SimNode>(schedule_, random_.fork(),
                                      SimNodeOptions{options.settings, options.node_drift_ppm})),
      ledger_(std::make_shared<Ledger>()),
      operator_(std::make_shared<core::Caller>(core::Caller{"127.0.0.1", "operator"})) {
  node_->add(ledger_);
  add_all_oracles(*node_, ledger_, random_.fork());
  poll_later();
}

void World::poll_later() {
  schedule_.after(options_.poll_interval, [this] {
    node_->poll();
    poll_later();
  });
}

SimClient& World::client(ClientOptions options) {
  const Network::Link link = clients_.size();
  clients_.push_back(
      std::make_unique<SimClient>(schedule_, random_.fork(), network_, link, *node_, std::move(options)));
  return *clients_.back();
}

core::Outcome World::ask(core::Command command) {
  core::Outcome answer;
  node_->receive(operator_, std::move(command), [&answer](const core::Outcome& outcome) { answer = outcome; });
  return answer;
}

bool World::lists(const core::Key& key) {
  return visible(key).has_value();
}

std::optional<model::Status> World::visible(const core::Key& key) {
  std::optional<model::Status> status;
  if (const core::ServiceViewPtr view = core().service(key.service))
    view->for_each([&](const core::EntryPtr& entry) {
      if (entry->id == key.id) status = entry->visible;
    });
  return status;
}

core::LeaseState World::lease(const core::Key& key) {
  const core::ServiceViewPtr view = core().service(key.service);
  if (view == nullptr) return core::LeaseState::ok;
  const auto mark = view->marks.find(key.id);
  return mark == view->marks.end() ? core::LeaseState::ok : mark->second;
}

}  // namespace muster::sim
