#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/api/doors.hpp"
#include "server/api/v1/exchange.hpp"
#include "server/api/v1/face.hpp"
#include "server/api/v1/parameters.hpp"

namespace muster::api::v1 {

/// Requests that change the registry: each becomes one command, whose outcome becomes the answer. Runs on the loop of
/// the session.
class Writes {
 public:
  Writes(Registry& registry, const Settings& settings) : registry_(registry), settings_(settings) {}

  /// PUT (with the id of the path) and POST (the server picks the id).
  void enrol(const ExchangePtr& exchange);
  /// Of any life, or of this one alone.
  void renew(const Request& request, core::Key key, std::optional<model::Incarnation> life, Responder& responder);
  void renew_many(const ExchangePtr& exchange);
  void set_status(const ExchangePtr& exchange);
  void cancel(const ExchangePtr& exchange);
  void drain(const ExchangePtr& exchange);
  void undrain(const ExchangePtr& exchange);
  void patch_metadata(const ExchangePtr& exchange);
  void release_hold(const ExchangePtr& exchange);

 private:
  /// The body, inflated if need be; answers and returns none when it cannot be taken.
  std::optional<std::string_view> body(const Exchange& exchange, std::string& storage) const;
  /// Carries out a command that answers with the instance as it is afterwards.
  void run(const ExchangePtr& exchange, core::Command command, WriteOptions options);

  Registry& registry_;
  const Settings& settings_;
};

}  // namespace muster::api::v1
