#include "server/api/eureka/registration.hpp"

#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "proto/eureka/read.hpp"
#include "proto/model/ascii.hpp"
#include "server/api/content.hpp"
#include "server/api/eureka/fault.hpp"
#include "server/api/eureka/negotiate.hpp"
#include "server/api/eureka/writes.hpp"

namespace muster::api::eureka {
namespace {

using muster::eureka::ReadError;
using muster::eureka::ReadResult;
using muster::eureka::Registration;

constexpr std::string_view unreadable_json = R"({"error": "cannot parse request body"})";
constexpr std::string_view unreadable_xml = "<error><message>cannot parse request body</message></error>";

/// The body names no reason, since clients and tools know it as it is; the reason stands in a header.
void respond_unreadable(const Reading& reading, const ReadError& error, Format sniffed) {
  const Request& request = reading.request;
  Response response;
  response.status = 400;
  if (request.has_header("Content-Type")) {
    // The label is the request's own, whatever Accept says; JSON only where that says exactly so.
    response.add_header("Content-Type", request.header("Content-Type"));
    response.text = request.header("Content-Type") == "application/json" ? unreadable_json : unreadable_xml;
  } else {
    response.content_type = media_type(sniffed);
    response.text = sniffed == Format::json ? unreadable_json : unreadable_xml;
  }
  response.add_header("X-Muster-Error", error.field.empty() ? error.message : error.field + ": " + error.message);
  reading.responder->respond(std::move(response));
}

/// The texts of the real server, in its order; empty: nothing is missing.
std::string what_is_missing(const Registration& registration, const std::string& app) {
  if (registration.instance_id.empty()) return "Missing instanceId";
  if (registration.instance.host_name.empty()) return "Missing hostname";
  if (registration.instance.address.empty()) return "Missing ip address";
  if (registration.app.empty()) return "Missing appName";
  if (registration.app != app) return "Mismatched appName, expecting " + app + " but was " + registration.app;
  if (!registration.has_data_center) return "Missing dataCenterInfo";
  if (!registration.has_data_center_name) return "Missing dataCenterInfo Name";
  return {};
}

std::optional<model::FieldError> what_is_wrong(const Registration& registration, const model::InstanceLimits& limits) {
  if (auto error = model::check_service_name(registration.app, limits)) return error;
  if (auto error = model::check_instance_id(registration.instance_id, limits)) return error;
  return model::check_instance(registration.instance, limits);
}

core::Register command_of(Registration registration) {
  core::Register command;
  command.key = {model::to_lower(registration.app), std::move(registration.instance_id)};
  command.payload = model::pack(registration.instance);
  command.reported = registration.status;
  command.lease = registration.lease;
  command.dirty_ms = registration.dirty_ms;
  if (registration.overridden != model::Status::unknown) command.override_ = registration.overridden;
  command.face = core::Face::eureka;
  return command;
}

void respond_registered(Responder& responder, const core::Outcome& outcome) {
  switch (outcome.result) {
    case core::Result::limit_reached:
      return respond_limit(responder, outcome.limit);
    case core::Result::cancelled:
      return respond_empty(responder, 404);
    // Clients count a 204 and nothing else as registered. What is late has been registered already.
    case core::Result::ok:
    case core::Result::created:
    case core::Result::unchanged:
    case core::Result::ignored_as_late:
    case core::Result::unknown_instance:
    case core::Result::unknown_status:
    case core::Result::client_is_newer:
    case core::Result::client_is_older:
    case core::Result::unknown_hold:
    case core::Result::not_ready:
      return respond_empty(responder, 204);
  }
}

/// The real server ignores Content-Encoding, so clients that say gzip and send text have always got through.
bool mislabelled(const Request& request) {
  return !request.body.starts_with("\x1f\x8b");
}

unsigned status_of(BodyError error) {
  switch (error) {
    case BodyError::unsupported_encoding:
      return 415;
    case BodyError::too_large:
      return 413;
    case BodyError::broken:
      return 400;
  }
  return 400;
}

}  // namespace

void Registrations::take(const Reading& reading, std::string_view app) {
  const BodyType type = body_type(reading.request);
  if (type.verdict == BodyType::Verdict::malformed) return respond_empty(*reading.responder, 400);
  if (type.verdict == BodyType::Verdict::unsupported) return respond_empty(*reading.responder, 415);

  std::string inflated;
  auto body = body_of(reading.request, settings_.body_bytes_max, inflated);
  if (body == decltype(body)(BodyError::broken) && mislabelled(reading.request)) body = reading.request.body;
  if (const auto* error = std::get_if<BodyError>(&body)) return respond_empty(*reading.responder, status_of(*error));
  std::string_view text = std::get<std::string_view>(body);
  const Format format = type.verdict == BodyType::Verdict::absent ? sniff_format(text) : type.format;
  std::string converted;
  if (type.latin1 && format == Format::xml) text = converted = latin1_to_utf8(text);

  ReadResult read = format == Format::json ? muster::eureka::read_json(text, settings_.depth_max)
                                           : muster::eureka::read_xml(text, settings_.depth_max);
  if (const auto* error = std::get_if<ReadError>(&read)) return respond_unreadable(reading, *error, format);
  Registration& registration = std::get<Registration>(read);
  if (std::string missing = what_is_missing(registration, model::to_upper(app)); !missing.empty())
    return respond_text(*reading.responder, std::move(missing), reading.form.format);
  if (const auto error = what_is_wrong(registration, settings_.instance))
    return respond_fault(*reading.responder, *error, reading.form.format);
  registry_.execute(
      reading.request.caller, command_of(std::move(registration)),
      [responder = reading.responder](const core::Outcome& outcome) { respond_registered(*responder, outcome); });
}

}  // namespace muster::api::eureka
