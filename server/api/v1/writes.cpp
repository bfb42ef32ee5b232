#include "server/api/v1/writes.hpp"

#include <utility>
#include <variant>

#include "proto/model/ascii.hpp"
#include "proto/v1/read.hpp"
#include "server/api/uri.hpp"
#include "server/api/v1/enrolment.hpp"
#include "server/api/v1/instance_document.hpp"
#include "server/api/v1/problems.hpp"

namespace muster::api::v1 {
namespace {

constexpr std::string_view json_type = "application/json";

void refuse(const Exchange& exchange, const Problem& problem) {
  exchange.respond(problem_response(problem));
}

/// JSON by any of its names. Form data too: that is how `curl -d` labels the JSON that it is given.
bool is_json(std::string_view content_type) {
  std::string_view type = content_type.substr(0, content_type.find(';'));
  while (type.ends_with(' ') || type.ends_with('\t')) type.remove_suffix(1);
  constexpr std::string_view suffix = "+json";
  return type.empty() || model::equal_ignoring_case(type, json_type) ||
         model::equal_ignoring_case(type, "application/x-www-form-urlencoded") ||
         (type.size() > suffix.size() && model::equal_ignoring_case(type.substr(type.size() - suffix.size()), suffix));
}

/// The value that was read, or none after answering with what is wrong.
template <class T>
T* value_of(const Exchange& exchange, muster::v1::Read<T>& read) {
  if (const auto* error = std::get_if<model::FieldError>(&read)) {
    refuse(exchange, field_problem(*error, "body"));
    return nullptr;
  }
  return &std::get<T>(read);
}

/// The instance after a write.
Response instance_response(unsigned status, const core::Outcome& outcome, core::WallMs now_ms,
                           const WriteOptions& options, std::span<const std::string> warnings) {
  const core::InstanceState& state = outcome.state;
  Response response;
  response.status = status;
  if (!state.entry) {  // an override without a live record was removed: there is nothing to show
    response.status = 204;
  } else {
    response.content_type = json_type;
    InstanceDocument document;
    document.open(*state.entry);
    muster::v1::JsonWriter out(response.text);
    document.write(out, state, now_ms, warnings);
  }
  response.add_header(acknowledged_header, acknowledged(options, outcome));
  return response;
}

std::string_view renewal_text(core::Result result) {
  switch (result) {
    case core::Result::unknown_instance:
      return "unknown_instance";
    case core::Result::cancelled:
      return "cancelled";
    case core::Result::ignored_as_late:
      return "stale_incarnation";
    case core::Result::limit_reached:
      return "limit_reached";
    case core::Result::not_ready:
      return "not_ready";
    case core::Result::ok:
    case core::Result::created:
    case core::Result::unchanged:
    case core::Result::unknown_status:
    case core::Result::client_is_newer:
    case core::Result::client_is_older:
    case core::Result::unknown_hold:
      return "renewed";
  }
  return "renewed";
}

}  // namespace

std::optional<std::string_view> Writes::body(const Exchange& exchange, std::string& storage) const {
  const Request& request = exchange.request;
  if (const std::string_view type = request.header("Content-Type"); !request.body.empty() && !is_json(type)) {
    refuse(exchange, media_type_problem(type));
    return std::nullopt;
  }
  const auto read = body_of(request, settings_.body_bytes_max, storage);
  if (const auto* error = std::get_if<BodyError>(&read)) {
    refuse(exchange, body_problem(*error, settings_.body_bytes_max));
    return std::nullopt;
  }
  return std::get<std::string_view>(read);
}

void Writes::enrol(const ExchangePtr& exchange) {
  WriteOptions options;
  if (const auto problem = read_write_options(exchange->query, /*with_incarnation=*/false, options))
    return refuse(*exchange, *problem);
  std::string storage;
  const auto text = body(*exchange, storage);
  if (!text) return;
  muster::v1::RegistrationContext context;
  context.service = exchange->key.service;
  if (exchange->resource == Resource::instance) context.id = exchange->key.id;
  context.caller_address = plain_address(exchange->request.caller->address);
  context.limits = settings_.instance;
  context.depth_max = settings_.depth_max;
  auto read = muster::v1::read_registration(*text, context);
  auto* registration = value_of(*exchange, read);
  if (registration == nullptr) return;

  core::Register command;
  command.key = exchange->key;
  if (!context.id) command.key.id = pick_id(registration->instance);
  command.payload = model::pack(registration->instance);
  command.reported = registration->status;
  command.lease = registration->lease;
  command.incarnation = registration->incarnation;
  const Asked asked{registration->lease, registration->address_given};
  auto done = [this, exchange, options, asked, key = command.key,
               address = registration->instance.address](core::Outcome outcome) {
    if (const auto problem = outcome_problem(outcome)) return refuse(*exchange, *problem);
    const bool created = outcome.result == core::Result::created;
    const auto warnings = warnings_of(key, asked, address, outcome);
    Response response = instance_response(created ? 201 : 200, outcome, registry_.wall_ms(), options, warnings);
    const std::string place = "/v1/services/" + percent_encode(key.service) + "/instances/" + percent_encode(key.id);
    response.add_header(created ? "Location" : "Content-Location", place);
    exchange->respond(std::move(response));
  };
  registry_.carry_out(exchange->request.caller, std::move(command), options.w == 2, std::move(done));
}

void Writes::renew(const Request& request, core::Key key, std::optional<model::Incarnation> life,
                   Responder& responder) {
  // The hot path: what the answer does not need is not kept.
  registry_.execute(request.caller, core::Renew{std::move(key), std::nullopt, core::Face::native, life},
                    [&responder](core::Outcome outcome) {
                      Response response;
                      response.status = 204;
                      if (const auto problem = outcome_problem(outcome)) response = problem_response(*problem);
                      responder.respond(std::move(response));
                    });
}

void Writes::renew_many(const ExchangePtr& exchange) {
  if (const auto problem = refuse_parameters(exchange->query)) return refuse(*exchange, *problem);
  std::string storage;
  const auto text = body(*exchange, storage);
  if (!text) return;
  auto read = muster::v1::read_renewals(*text, settings_.renew_batch_max, settings_.depth_max);
  auto* renewals = value_of(*exchange, read);
  if (renewals == nullptr) return;
  core::RenewMany command;
  for (const auto& [service, id] : *renewals) command.keys.push_back({model::to_lower(service), id});
  auto done = [exchange, items = std::move(*renewals)](core::Outcome outcome) {
    Response response;
    response.content_type = json_type;
    muster::v1::JsonWriter out(response.text);
    out.open_object().key("results").open_array();
    for (std::size_t i = 0; i < items.size(); ++i) {
      out.open_object().text("service", items[i].first).text("id", items[i].second);
      out.text("result", renewal_text(outcome.items.at(i))).close_object();
    }
    out.close_array().close_object();
    exchange->respond(std::move(response));
  };
  registry_.execute(exchange->request.caller, std::move(command), std::move(done));
}

void Writes::run(const ExchangePtr& exchange, core::Command command, WriteOptions options) {
  auto done = [this, exchange, options](core::Outcome outcome) {
    if (const auto problem = outcome_problem(outcome)) return refuse(*exchange, *problem);
    exchange->respond(instance_response(200, outcome, registry_.wall_ms(), options, {}));
  };
  registry_.carry_out(exchange->request.caller, std::move(command), options.w == 2, std::move(done));
}

void Writes::set_status(const ExchangePtr& exchange) {
  WriteOptions options;
  if (const auto problem = read_write_options(exchange->query, /*with_incarnation=*/false, options))
    return refuse(*exchange, *problem);
  std::string storage;
  const auto text = body(*exchange, storage);
  if (!text) return;
  auto read = muster::v1::read_status(*text, settings_.depth_max);
  const auto* change = value_of(*exchange, read);
  if (change == nullptr) return;
  run(exchange, core::SetStatus{exchange->key, change->status, change->incarnation}, options);
}

void Writes::cancel(const ExchangePtr& exchange) {
  WriteOptions options;
  if (const auto problem = read_write_options(exchange->query, /*with_incarnation=*/true, options))
    return refuse(*exchange, *problem);
  core::Cancel command{exchange->key, options.incarnation, core::Face::native};
  auto done = [exchange, options](core::Outcome outcome) {
    if (const auto problem = outcome_problem(outcome)) return refuse(*exchange, *problem);
    Response response;
    response.status = 204;
    response.add_header(acknowledged_header, acknowledged(options, outcome));
    exchange->respond(std::move(response));
  };
  registry_.carry_out(exchange->request.caller, std::move(command), options.w == 2, std::move(done));
}

void Writes::drain(const ExchangePtr& exchange) {
  WriteOptions options;
  if (const auto problem = read_write_options(exchange->query, /*with_incarnation=*/false, options))
    return refuse(*exchange, *problem);
  std::string storage;
  const auto text = body(*exchange, storage);
  if (!text) return;
  auto read = muster::v1::read_drain(*text, settings_.reason_bytes_max, settings_.depth_max);
  auto* drain = value_of(*exchange, read);
  if (drain == nullptr) return;
  const core::Caller& caller = *exchange->request.caller;
  core::SetOverride command;
  command.key = exchange->key;
  command.reason = std::move(drain->reason);
  command.by = std::move(drain->by);
  if (command.by.empty()) command.by = caller.identity.empty() ? plain_address(caller.address) : caller.identity;
  if (drain->ttl_s) command.ttl = std::chrono::seconds(*drain->ttl_s);
  run(exchange, std::move(command), options);
}

void Writes::undrain(const ExchangePtr& exchange) {
  WriteOptions options;
  if (const auto problem = read_write_options(exchange->query, /*with_incarnation=*/false, options))
    return refuse(*exchange, *problem);
  run(exchange, core::ClearOverride{exchange->key, std::nullopt, core::Face::native}, options);
}

void Writes::patch_metadata(const ExchangePtr& exchange) {
  WriteOptions options;
  if (const auto problem = read_write_options(exchange->query, /*with_incarnation=*/false, options))
    return refuse(*exchange, *problem);
  std::string storage;
  const auto text = body(*exchange, storage);
  if (!text) return;
  auto read = muster::v1::read_metadata_patch(*text, settings_.instance, settings_.depth_max);
  auto* changes = value_of(*exchange, read);
  if (changes == nullptr) return;
  run(exchange, core::PatchMetadata{exchange->key, std::move(*changes), core::Face::native}, options);
}

void Writes::release_hold(const ExchangePtr& exchange) {
  if (const auto problem = refuse_parameters(exchange->query)) return refuse(*exchange, *problem);
  const std::string& kind = exchange->key.service;
  const std::string& name = exchange->key.id;
  for (const core::ScopeKind scope : core::scope_kinds) {
    if (core::to_string(scope) != kind) continue;
    auto done = [exchange](core::Outcome outcome) {
      if (outcome.result == core::Result::unknown_hold)
        return refuse(*exchange, unknown_hold(exchange->key.service, exchange->key.id));
      if (const auto problem = outcome_problem(outcome)) return refuse(*exchange, *problem);
      Response response;
      response.status = 204;
      exchange->respond(std::move(response));
    };
    core::ReleaseHold command{scope, scope == core::ScopeKind::service ? model::to_lower(name) : name};
    return registry_.execute(exchange->request.caller, std::move(command), std::move(done));
  }
  refuse(*exchange, unknown_hold(kind, name));
}

}  // namespace muster::api::v1
