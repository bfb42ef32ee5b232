#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <string>

#include "server/api/doors.hpp"
#include "server/api/eureka/cost.hpp"
#include "server/api/eureka/encode.hpp"
#include "server/api/eureka/face.hpp"
#include "server/api/eureka/live_document.hpp"

namespace muster::api::eureka {

/// A request for something to read. `request` is a copy: its views stay valid until the answer.
struct Reading {
  Request request;
  Responder* responder = nullptr;
  Form form;
};

/// Everything that reads. Lives on the loop; outlives the requests that it has taken.
class Reads {
 public:
  Reads(Registry& registry, Background& background, const Settings& settings, Clock clock);

  void registry(Reading reading);
  void delta(Reading reading);
  void service(Reading reading, std::string_view app);
  void instance(Reading reading, core::Key key);
  void by_id(Reading reading, std::string_view id);
  void picked_by_vip(Reading reading, std::string_view name, bool secure);

  /// The answer that carries one instance: a read, and the conflict that a replicating server is told of.
  static void respond_instance(const Reading& reading, const core::InstanceState& state, std::string_view own_id,
                               unsigned status);

 private:
  using Live = std::array<std::unique_ptr<LiveDocument>, segment_forms>;

  std::string tag(char kind, std::uint64_t revision, std::uint64_t more, Form form) const;
  void read_live(Live& live, Reading reading, LiveDocument::Source source);
  void drop_idle();
  void encode_exactly(Reading reading, std::size_t work, std::function<DocumentPtr()> encode);
  void read_service(Reading reading, core::ServiceViewPtr view);

  Registry& registry_;
  Background& background_;
  const Settings& settings_;
  Clock clock_;
  std::string boot_;      ///< part of every entity tag: revisions begin anew at each start
  CostModel costs_;       ///< of the registry and of applications
  CostModel list_costs_;  ///< of lists that are compressed as a whole
  Live full_;
  Live delta_;
  std::shared_ptr<bool> alive_;
};

/// Answers with a document, or with 304 when the client has it already.
void respond_document(const Reading& reading, const DocumentPtr& document, std::chrono::milliseconds age);

/// Answers with a status alone.
void respond_empty(Responder& responder, unsigned status);
/// 503: this node has not got the state of the others yet.
void respond_not_ready(Responder& responder);

}  // namespace muster::api::eureka
