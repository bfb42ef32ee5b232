#include "tests/sim/client.hpp"

#include "proto/model/payload.hpp"

namespace muster::sim {

SimClient::SimClient(Schedule& schedule, Random random, Network& network, Network::Link link, SimNode& node,
                     ClientOptions options)
    : schedule_(schedule),
      random_(random),
      network_(network),
      link_(link),
      node_(node),
      options_(std::move(options)),
      caller_(std::make_shared<core::Caller>(core::Caller{options_.address, ""})) {}

void SimClient::start() {
  ++life_;
  alive_life_ = life_;
  registered_ = false;
  status_ = model::Status::up;
  // A clock may have been set back, but a process supervisor does not start two lives within one millisecond.
  incarnation_ = std::max(incarnation_ + 1, static_cast<core::Incarnation>(clock_ms()));
  dirty_ms_ = static_cast<std::int64_t>(incarnation_);
  register_now();
  plan_renewal(jittered(options_.interval));
}

void SimClient::cancel() {
  if (!alive()) return;
  kill();
  core::Cancel command{options_.key, std::nullopt, options_.face};
  if (options_.face == core::Face::native && options_.gives_incarnation) command.incarnation = incarnation_;
  send(std::move(command));
}

void SimClient::set_status(model::Status status) {
  if (!alive() || status == status_) return;
  status_ = status;
  if (options_.face == core::Face::eureka) {
    dirty_ms_ = std::max(dirty_ms_ + 1, clock_ms());
    register_now();
    return;
  }
  core::SetStatus command{options_.key, status, std::nullopt};
  if (options_.gives_incarnation) command.incarnation = incarnation_;
  send(std::move(command));
}

void SimClient::set_metadata(const std::string& name, const std::string& value) {
  if (!alive()) return;
  metadata_[name] = value;
  dirty_ms_ = std::max(dirty_ms_ + 1, clock_ms());
  register_now();
}

void SimClient::send(core::Command command) {
  ask(std::move(command), [](const core::Outcome&) {});
}

core::Register SimClient::registration() const {
  core::Register command;
  command.key = options_.key;
  command.payload = payload_of(options_, metadata_);
  command.reported = status_;
  command.lease = options_.lease;
  command.face = options_.face;
  if (options_.face == core::Face::eureka)
    command.dirty_ms = dirty_ms_;
  else if (options_.gives_incarnation)
    command.incarnation = incarnation_;
  return command;
}

void SimClient::register_now() {
  ask(registration(), [this](const core::Outcome& outcome) {
    if (outcome.result ==
        core::Result::cancelled) {  // somebody took this incarnation out: a careful client starts anew
      start();
      return;
    }
    if (outcome.result != core::Result::limit_reached) registered_ = true;
  });
}

void SimClient::plan_renewal(Time delay) {
  schedule_.after(delay, [this, life = life_] {
    if (life != life_ || !alive()) return;
    renew();
    plan_renewal(jittered(options_.interval));
  });
}

void SimClient::renew() {
  if (!registered_) {  // the answer never came: the next beat registers again
    register_now();
    return;
  }
  core::Renew command{options_.key, std::nullopt, options_.face};
  if (options_.face == core::Face::eureka) command.dirty_ms = dirty_ms_;
  ask(std::move(command), [this](const core::Outcome& outcome) {
    const bool again = outcome.result == core::Result::unknown_instance ||
                       outcome.result == core::Result::unknown_status ||
                       outcome.result == core::Result::client_is_newer || outcome.result == core::Result::cancelled;
    if (!again) return;
    registered_ = false;
    register_now();
  });
}

void SimClient::ask(core::Command command, Answer answer) {
  network_.send(link_, Direction::to_node, [this, life = life_, command = std::move(command), answer] {
    node_.receive(caller_, command, [this, life, answer](const core::Outcome& outcome) {
      network_.send(link_, Direction::to_client, [this, life, answer, outcome] {
        if (life == life_ && alive()) answer(outcome);
      });
    });
  });
}

Time SimClient::jittered(Time span) {
  const std::int64_t width = span.count() * options_.jitter_percent / 100;
  return span + Time{random_.between(-width, width)};
}

std::int64_t SimClient::clock_ms() const {
  return SimClock::epoch_ms + schedule_.now().count() / 1000 + options_.clock_offset.count();
}

model::Payload payload_of(const ClientOptions& options, const std::map<std::string, std::string>& metadata) {
  model::Instance instance;
  instance.host_name = options.key.id;
  instance.address = options.address;
  instance.zone = options.zone;
  instance.vip_address = options.key.service;
  for (const auto& [name, value] : metadata) instance.metadata.emplace_back(name, value);
  return model::pack(instance);
}

}  // namespace muster::sim
