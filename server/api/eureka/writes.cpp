#include "server/api/eureka/writes.hpp"

#include <charconv>
#include <utility>

#include "proto/model/status.hpp"
#include "server/api/eureka/fault.hpp"

namespace muster::api::eureka {
namespace {

/// The header by which a Java server marks what it passes on; its value is compared exactly.
constexpr std::string_view replication_header = "x-netflix-discovery-replication";

bool is_replicated(const Request& request) {
  return request.header(replication_header) == "true";
}

}  // namespace

DirtyTimestamp dirty_timestamp(const Target& target) {
  const std::optional<std::string_view> text = target.parameter("lastDirtyTimestamp");
  if (!text) return {};
  std::int64_t ms = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), ms);
  if (error != std::errc{} || end != text->data() + text->size()) return {std::nullopt, false};
  return {ms, true};
}

void respond_limit(Responder& responder, std::string_view limit) {
  Response response;
  response.status = 503;
  response.add_header("X-Muster-Limit", limit);
  responder.respond(std::move(response));
}

/// A request with a parameter that makes no sense: 404 when it names nobody, else 400, and nothing is carried out.
void Writes::refuse(Reading reading, core::Key key) {
  core::CallerPtr caller = reading.request.caller;
  registry_.execute(std::move(caller), core::ReadInstance{std::move(key)},
                    [responder = reading.responder](const core::Outcome& outcome) {
                      if (outcome.result == core::Result::not_ready) return respond_not_ready(*responder);
                      respond_empty(*responder, outcome.state.entry ? 400 : 404);
                    });
}

void Writes::run(Reading reading, core::Command command) {
  core::CallerPtr caller = reading.request.caller;
  registry_.execute(std::move(caller), std::move(command),
                    [responder = reading.responder](const core::Outcome& outcome) {
                      switch (outcome.result) {
                        case core::Result::ok:
                        case core::Result::created:
                        case core::Result::unchanged:
                        case core::Result::ignored_as_late:
                        case core::Result::client_is_older:
                          return respond_empty(*responder, 200);
                        case core::Result::limit_reached:
                          return respond_limit(*responder, outcome.limit);
                        case core::Result::unknown_instance:
                        case core::Result::unknown_status:
                        case core::Result::client_is_newer:
                        case core::Result::cancelled:
                        case core::Result::unknown_hold:
                          return respond_empty(*responder, 404);
                        case core::Result::not_ready:
                          return respond_not_ready(*responder);
                      }
                    });
}

void Writes::renew(Reading reading, core::Key key, const Target& target) {
  const DirtyTimestamp dirty = dirty_timestamp(target);
  if (!dirty.readable) return refuse(std::move(reading), std::move(key));
  core::Renew renew{std::move(key), dirty.ms, core::Face::eureka, is_replicated(reading.request)};
  if (!renew.from_server) return run(std::move(reading), std::move(renew));
  // A server that passes on the heartbeat of an older registration is sent the newer one, to adopt it.
  core::CallerPtr caller = reading.request.caller;
  registry_.execute(std::move(caller), std::move(renew), [this, reading](const core::Outcome& outcome) {
    if (outcome.result == core::Result::not_ready) return respond_not_ready(*reading.responder);
    const bool found = outcome.result == core::Result::ok || outcome.result == core::Result::unchanged;
    if (outcome.result != core::Result::client_is_older || !outcome.state.entry)
      return respond_empty(*reading.responder, found ? 200 : 404);
    Reads::respond_instance(reading, outcome.state, settings_.own_id, 409);
  });
}

void Writes::cancel(Reading reading, core::Key key) {
  run(std::move(reading), core::Cancel{std::move(key), std::nullopt, core::Face::eureka});
}

void Writes::set_override(Reading reading, core::Key key, const Target& target) {
  const auto value = model::parse_status(target.parameter("value").value_or(""));
  const DirtyTimestamp dirty = dirty_timestamp(target);
  if (!value || !dirty.readable) return refuse(std::move(reading), std::move(key));
  core::SetOverride command;
  command.key = std::move(key);
  command.value = *value;
  command.dirty_ms = dirty.ms;
  command.face = core::Face::eureka;
  if (reading.request.caller)
    command.by =
        reading.request.caller->identity.empty() ? reading.request.caller->address : reading.request.caller->identity;
  run(std::move(reading), std::move(command));
}

void Writes::clear_override(Reading reading, core::Key key, const Target& target) {
  const auto value = target.parameter("value");
  const DirtyTimestamp dirty = dirty_timestamp(target);
  // The value says what the sender takes the status to be afterwards. The status reported last is known better here,
  // so it only has to be a status at all.
  if ((value && !model::parse_status(*value)) || !dirty.readable) return refuse(std::move(reading), std::move(key));
  run(std::move(reading), core::ClearOverride{std::move(key), dirty.ms, core::Face::eureka});
}

void Writes::patch_metadata(Reading reading, core::Key key, const Target& target) {
  core::PatchMetadata command;
  command.key = std::move(key);
  command.face = core::Face::eureka;
  for (const auto& [name, value] : target.query) {
    if (const auto error = model::check_metadata_entry(name, value, settings_.instance))
      return respond_fault(*reading.responder, *error, reading.form.format);
    command.changes.try_emplace(name, value);  // the first value wins
  }
  run(std::move(reading), std::move(command));
}

}  // namespace muster::api::eureka
