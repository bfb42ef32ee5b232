#pragma once

#include <functional>
#include <memory>
#include <string>

#include "server/api/doors.hpp"
#include "server/api/v1/documents.hpp"
#include "server/api/v1/exchange.hpp"
#include "server/api/v1/parameters.hpp"

namespace muster::api::v1 {

/// GET and HEAD. Runs on the loop of the session; long lists are encoded by `background`.
class Reads {
 public:
  Reads(Registry& registry, Background& background, Documents documents)
      : registry_(registry), background_(background), documents_(std::move(documents)) {}

  void services(const ExchangePtr& exchange);
  void service(const ExchangePtr& exchange);
  void instance(const ExchangePtr& exchange);
  void self_preservation(const ExchangePtr& exchange);
  void overrides(const ExchangePtr& exchange);
  void node(const ExchangePtr& exchange);
  void peers(const ExchangePtr& exchange);
  void diff(const ExchangePtr& exchange);
  void events(const ExchangePtr& exchange);

 private:
  void answer_later(const ExchangePtr& exchange, std::function<Response()> encode);
  void list(const ExchangePtr& exchange, const core::ServiceViewPtr& view, const std::string& etag);
  void filtered(const ExchangePtr& exchange, const core::ServiceViewPtr& view, const std::string& etag, Filter filter);

  Registry& registry_;
  Background& background_;
  Documents documents_;
};

}  // namespace muster::api::v1
