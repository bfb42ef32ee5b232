#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "proto/model/payload.hpp"
#include "proto/model/version.hpp"
#include "proto/v1/json_writer.hpp"

// The documents of the native API. `openapi.json` describes them; what is written here can be registered again as it
// is.
namespace muster::v1 {

struct OverrideOut {
  model::Status value = model::Status::out_of_service;
  std::string_view reason;
  std::string_view by;
  std::int64_t until_ms = 0;  ///< 0: as long as the record lives
};

/// What changes without a change of content; shown of single instances, not in lists.
struct LiveOut {
  std::int64_t renewed_ms = 0;
  std::int64_t expires_ms = 0;
  std::int64_t now_ms = 0;
  model::Version version;  ///< of the registration
};

/// An instance as the native face shows it. All views outlive the call.
struct InstanceOut {
  std::string_view service;
  std::string_view id;
  const model::PayloadView* payload = nullptr;
  /// The registered metadata with the patches laid over it.
  std::span<const std::pair<std::string_view, std::string_view>> metadata;
  model::Status visible = model::Status::up;
  model::Status reported = model::Status::up;
  std::optional<OverrideOut> override_;
  model::LeaseTerms lease;
  std::string_view lease_state;  ///< "ok", "late", "held"
  model::Incarnation incarnation = 0;
  std::int64_t registered_ms = 0;
  std::int64_t updated_ms = 0;
  std::int64_t up_since_ms = 0;
  std::optional<LiveOut> live;
  std::span<const std::string> warnings;  ///< of the answer to a registration
};

void write_instance(JsonWriter& out, const InstanceOut& instance);

/// The members of an override, without braces.
void write_override(JsonWriter& out, const OverrideOut& override_);

}  // namespace muster::v1
