#include "server/api/v1/reads.hpp"

#include <utility>

#include "server/api/content.hpp"
#include "server/api/document.hpp"
#include "server/api/v1/instance_document.hpp"
#include "server/api/v1/list_document.hpp"
#include "server/api/v1/problems.hpp"

namespace muster::api::v1 {
namespace {

constexpr std::string_view json_type = "application/json";

/// True after answering: this resource has no parameters, and there was one.
bool refused_parameters(const Exchange& exchange) {
  const auto problem = refuse_parameters(exchange.query);
  if (problem) exchange.respond(problem_response(*problem));
  return problem.has_value();
}

/// What a reader gets whose document could not be encoded in the background: out of memory, in practice.
Response not_encoded() {
  Problem problem;
  problem.status = 503;
  problem.type = "not-encoded";
  problem.title = "the node could not encode this answer";
  problem.detail =
      "The node is short of memory; its log says more. Ask again in a moment, or for less: a filter, one service.";
  return problem_response(problem);
}

Response busy() {
  Problem problem;
  problem.status = 503;
  problem.type = "busy";
  problem.title = "too many long answers are being encoded";
  problem.detail = "Ask again in a second, ask for less, or ask another node.";
  return problem_response(problem);
}

void respond_document(const Exchange& exchange, std::string body) {
  const std::string etag = api::etag_of(body);
  exchange.respond(document_response(exchange.request, etag, std::move(body), json_type));
}

void write_hold(muster::v1::JsonWriter& out, const core::Hold& hold) {
  out.open_object().text("kind", core::to_string(hold.kind)).text("name", hold.name).text("reason", hold.reason);
  out.time("since", hold.since_ms).time("until", hold.until_ms).boolean("ending", hold.ending);
  out.count("instances", hold.instances).count("failing", hold.failing).count("held_count", hold.held_count);
  out.key("held").open_array();
  for (const core::Key& key : hold.held)
    out.open_object().text("service", key.service).text("id", key.id).close_object();
  out.close_array().close_object();
}

}  // namespace

void Reads::services(const ExchangePtr& exchange) {
  if (refused_parameters(*exchange)) return;
  registry_.services([exchange, this](core::ServicesViewPtr view) {
    const std::string etag = '"' + view->registry->hash.hex() + '"';
    if (is_known(exchange->request, etag)) return exchange->respond(not_modified(etag));
    if (view->size <= loop_instances_max)
      return exchange->respond(document_response(exchange->request, etag, encode(*view), json_type));
    answer_later(exchange, [=] { return document_response(exchange->request, etag, encode(*view), json_type); });
  });
}

void Reads::service(const ExchangePtr& exchange) {
  Filter filter;
  if (const auto problem = read_filter(exchange->query, filter)) return exchange->respond(problem_response(*problem));
  registry_.service(exchange->key.service, [this, exchange, filter = std::move(filter)](core::ServiceViewPtr view) {
    if (!view) return exchange->respond(problem_response(unknown_service(exchange->key.service)));
    const std::string etag = etag_of(*view);
    if (is_known(exchange->request, etag)) return exchange->respond(not_modified(etag));
    if (filter.empty()) return list(exchange, view, etag);
    filtered(exchange, view, etag, filter);
  });
}

void Reads::answer_later(const ExchangePtr& exchange, std::function<Response()> encode) {
  auto response = std::make_shared<Response>(not_encoded());
  const bool taken = background_.run([=] { *response = encode(); }, [=] { exchange->respond(std::move(*response)); });
  if (!taken) exchange->respond(busy());
}

void Reads::list(const ExchangePtr& exchange, const core::ServiceViewPtr& view, const std::string& etag) {
  // Whether it pays to compress is known from the size alone, so that all readers of a view agree on the form.
  const bool compressed = view->size > 1 && accepts_gzip(exchange->request);
  if (view->size <= loop_instances_max || find_shared_list(*view, compressed))
    return exchange->respond(shared_response(etag, shared_list(*view, compressed), json_type, compressed));
  answer_later(exchange, [=] { return shared_response(etag, shared_list(*view, compressed), json_type, compressed); });
}

void Reads::filtered(const ExchangePtr& exchange, const core::ServiceViewPtr& view, const std::string& etag,
                     Filter filter) {
  if (view->size <= loop_instances_max)
    return exchange->respond(document_response(exchange->request, etag, encode(*view, filter), json_type));
  answer_later(exchange, [=, filter = std::move(filter)] {
    return document_response(exchange->request, etag, encode(*view, filter), json_type);
  });
}

void Reads::instance(const ExchangePtr& exchange) {
  if (refused_parameters(*exchange)) return;
  auto done = [this, exchange](core::Outcome outcome) {
    const core::InstanceState& state = outcome.state;
    if (!state.entry) outcome.result = core::Result::unknown_instance;
    if (const auto problem = outcome_problem(outcome)) return exchange->respond(problem_response(*problem));
    // The tag covers what a renewal does not change: who asks again wants to know of changes, not of heartbeats.
    InstanceDocument document;
    document.open(*state.entry);
    std::string content;
    muster::v1::JsonWriter content_out(content);
    document.write(content_out, state.lease);
    std::string text;
    muster::v1::JsonWriter out(text);
    document.write(out, state, registry_.wall_ms(), {});
    exchange->respond(document_response(exchange->request, api::etag_of(content), std::move(text), json_type));
  };
  registry_.execute(exchange->request.caller, core::ReadInstance{exchange->key}, std::move(done));
}

void Reads::self_preservation(const ExchangePtr& exchange) {
  if (refused_parameters(*exchange)) return;
  registry_.self_preservation([exchange](core::SelfPreservationView view) {
    std::string text;
    muster::v1::JsonWriter out(text);
    out.open_object().boolean("enabled", view.enabled).key("holds").open_array();
    for (const core::Hold& hold : view.holds) write_hold(out, hold);
    out.close_array().close_object();
    respond_document(*exchange, std::move(text));
  });
}

void Reads::overrides(const ExchangePtr& exchange) {
  if (refused_parameters(*exchange)) return;
  registry_.dormant_overrides([this, exchange](std::vector<core::DormantOverride> overrides) {
    if (overrides.size() <= loop_instances_max) return respond_document(*exchange, encode(overrides));
    answer_later(exchange, [exchange, overrides = std::move(overrides)] {
      std::string body = encode(overrides);
      const std::string etag = api::etag_of(body);
      return document_response(exchange->request, etag, std::move(body), json_type);
    });
  });
}

void Reads::node(const ExchangePtr& exchange) {
  if (refused_parameters(*exchange)) return;
  respond_document(*exchange, documents_.node());
}

void Reads::peers(const ExchangePtr& exchange) {
  if (refused_parameters(*exchange)) return;
  respond_document(*exchange, documents_.peers());
}

void Reads::diff(const ExchangePtr& exchange) {
  if (refused_parameters(*exchange)) return;
  respond_document(*exchange, documents_.diff());
}

void Reads::events(const ExchangePtr& exchange) {
  EventQuery query;
  if (const auto problem = read_event_query(exchange->query, query))
    return exchange->respond(problem_response(*problem));
  respond_document(*exchange, documents_.events(query));
}

}  // namespace muster::api::v1
