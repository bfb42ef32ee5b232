#pragma once

#include <functional>
#include <memory>
#include <string>

#include "server/api/doors.hpp"
#include "server/api/v1/event_query.hpp"
#include "server/api/v1/exchange.hpp"
#include "server/api/v1/parameters.hpp"

namespace muster::api::v1 {

/// GET and HEAD. Runs on the loop of the session; long lists are encoded by `background`.
class Reads {
 public:
  Reads(Registry& registry, Background& background, std::function<std::string()> node_json, EventsJson events_json)
      : registry_(registry),
        background_(background),
        node_json_(std::move(node_json)),
        events_json_(std::move(events_json)) {}

  void services(const ExchangePtr& exchange);
  void service(const ExchangePtr& exchange);
  void instance(const ExchangePtr& exchange);
  void self_preservation(const ExchangePtr& exchange);
  void overrides(const ExchangePtr& exchange);
  void node(const ExchangePtr& exchange);
  void events(const ExchangePtr& exchange);

 private:
  void answer_later(const ExchangePtr& exchange, std::function<Response()> encode);
  void list(const ExchangePtr& exchange, const core::ServiceViewPtr& view, const std::string& etag);
  void filtered(const ExchangePtr& exchange, const core::ServiceViewPtr& view, const std::string& etag, Filter filter);

  Registry& registry_;
  Background& background_;
  std::function<std::string()> node_json_;
  EventsJson events_json_;
};

}  // namespace muster::api::v1
