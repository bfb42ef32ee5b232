#include "server/api/v1/problems.hpp"

namespace muster::api::v1 {
namespace {

Problem make(unsigned status, std::string_view type, std::string_view title, std::string detail) {
  return {
      .status = status, .type = type, .title = title, .detail = std::move(detail), .field = {}, .in = {}, .limit = {}};
}

}  // namespace

Problem field_problem(const model::FieldError& error, std::string_view in) {
  Problem problem = error.too_large ? make(413, "too-large", "A field is too large", {})
                                    : make(400, "invalid-field", "A field is wrong", {});
  problem.field = error.field;
  problem.in = in;
  problem.detail.append(error.field).append(" ").append(error.message);
  if (!problem.detail.ends_with('?')) problem.detail.push_back('.');
  return problem;
}

Problem query_problem(std::string_view parameter, std::string detail) {
  Problem problem = make(400, "invalid-parameter", "A query parameter is wrong", std::move(detail));
  problem.field = parameter.empty() ? "\"\"" : parameter;
  problem.in = "query";
  return problem;
}

Problem body_problem(BodyError error, std::size_t bytes_max) {
  Problem problem;
  switch (error) {
    case BodyError::unsupported_encoding:
      problem = make(415, "unsupported-encoding", "The content encoding is not supported",
                     "Send the body as it is, or compressed with Content-Encoding: gzip.");
      problem.field = "Content-Encoding";
      problem.in = "header";
      return problem;
    case BodyError::broken:
      problem = make(
          400, "invalid-field", "A field is wrong",
          "body is not gzip from its first byte to its last, although Content-Encoding says so; compress it whole, or "
          "leave the header out.");
      break;
    case BodyError::too_large:
      problem = make(413, "too-large", "The body is too large",
                     "body is larger than " + std::to_string(bytes_max) + " bytes after inflating; send less at once.");
      problem.limit = "http.inflated_body_bytes";
      break;
  }
  problem.field = "body";
  problem.in = "body";
  return problem;
}

Problem media_type_problem(std::string_view content_type) {
  constexpr std::size_t shown_bytes_max = 100;
  Problem problem = make(415, "unsupported-media-type", "The content type is not supported", "Bodies are JSON: send ");
  problem.detail.append("Content-Type: application/json instead of ")
      .append(content_type.substr(0, shown_bytes_max))
      .append(".");
  problem.field = "Content-Type";
  problem.in = "header";
  return problem;
}

Problem origin_problem(std::string_view origin) {
  constexpr std::size_t shown_bytes_max = 200;
  Problem problem =
      make(403, "foreign-origin", "A page of another site may not write here", "The request comes from a page of ");
  problem.detail.append(origin.substr(0, shown_bytes_max))
      .append("; send it from the page's own server, or without a browser.");
  problem.field = "Origin";
  problem.in = "header";
  return problem;
}

Problem later_problem() {
  return make(404, "not-available", "Not available in this version",
              "Watching comes later; poll GET /v1/services/{service} with If-None-Match.");
}

Problem unknown_service(std::string_view service) {
  std::string detail = "No instance of ";
  detail.append(service).append(" is registered; GET /v1/services lists what is.");
  return make(404, "unknown-service", "No such service", std::move(detail));
}

Problem unknown_hold(std::string_view kind, std::string_view name) {
  std::string detail = "Nothing is held for ";
  detail.append(kind).append(name.empty() ? "" : " ").append(name).append("; GET /v1/self-preservation lists what is.");
  return make(404, "unknown-hold", "No such hold", std::move(detail));
}

Problem not_ready_problem() {
  return make(
      503, "not-ready", "This node is starting",
      "It is still getting the registry of the other nodes; ask another node, or again in a second. GET /readyz "
      "says when it is ready.");
}

std::optional<Problem> outcome_problem(const core::Outcome& outcome) {
  using core::Result;
  switch (outcome.result) {
    case Result::ok:
    case Result::created:
    case Result::unchanged:
    // The next three are answers to Eureka's dirty timestamps, which this face does not send.
    case Result::unknown_status:
    case Result::client_is_newer:
    case Result::client_is_older:
      return std::nullopt;
    case Result::unknown_instance:
      return make(404, "unknown-instance", "No such instance",
                  "This instance is not registered here: register it with PUT /v1/services/{service}/instances/{id}.");
    case Result::ignored_as_late:
      return make(
          409, "stale-incarnation", "A newer incarnation is registered",
          "The registration here has a greater incarnation: read it, and leave incarnation out to begin a new one.");
    case Result::cancelled:
      return make(410, "cancelled", "This incarnation was cancelled",
                  "What this incarnation writes is late: register with a greater incarnation, or with none, to begin a "
                  "new one.");
    case Result::unknown_hold:
      return unknown_hold("this scope", {});
    case Result::not_ready:
      return not_ready_problem();
    case Result::limit_reached: {
      Problem problem =
          make(507, "limit-reached", "A limit of this node is reached",
               "The node keeps no more of these; an operator can raise " + outcome.limit + " in its configuration.");
      problem.limit = outcome.limit;
      return problem;
    }
  }
  return std::nullopt;
}

}  // namespace muster::api::v1
