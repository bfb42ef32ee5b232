#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "proto/model/instance.hpp"
#include "proto/model/limits.hpp"
#include "proto/model/version.hpp"

// Reads the bodies of the native API. Precise where Eureka's reader is tolerant: a field that is not known, given twice
// or of the wrong kind is an error that names it, so that a typing mistake is not a silent default. Blank bodies read
// as `{}`; a null stands for a field that is not given. Every function is thread-safe and costs microseconds.
namespace muster::v1 {

template <class T>
using Read = std::variant<T, model::FieldError>;

/// The greatest incarnation that a client may give: half of what numbers in JSON can hold, so that the node has others
/// left to assign when that one is cancelled. As milliseconds it is far beyond any date.
inline constexpr model::Incarnation given_incarnation_max = model::incarnation_max / 2;

/// What a registration is read against. All views outlive the call.
struct RegistrationContext {
  std::string_view service;            ///< canonical, from the path; default of the VIP addresses
  std::optional<std::string_view> id;  ///< from the path; none: the server picks one, so the body may not give it
  std::string_view caller_address;     ///< default of `address`
  model::InstanceLimits limits;
  int depth_max = 32;
};

struct Registration {
  model::Instance instance;
  model::Status status = model::Status::up;
  model::LeaseRequest lease;
  std::optional<model::Incarnation> incarnation;
  bool address_given = false;
};

/// A registration, checked against the limits. Defaults: the caller's address, host name = address, port = the number
/// that the id ends in after a colon, VIP addresses = service, status UP.
Read<Registration> read_registration(std::string_view body, const RegistrationContext& context);

/// Service and id as sent, in order; names are not checked.
using Renewals = std::vector<std::pair<std::string, std::string>>;
/// `{"instances": [{"service": …, "id": …}, …]}`, at most `items_max`.
Read<Renewals> read_renewals(std::string_view body, std::size_t items_max, int depth_max);

struct StatusChange {
  model::Status status = model::Status::up;
  std::optional<model::Incarnation> incarnation;
};
/// `{"status": …, "incarnation": …}`; the status is required.
Read<StatusChange> read_status(std::string_view body, int depth_max);

struct Drain {
  std::string reason;
  std::string by;
  std::optional<std::uint32_t> ttl_s;
};
/// The longest time that a drain may be given: a year.
inline constexpr std::uint32_t drain_ttl_max_s = 365 * 24 * 3600;
inline constexpr std::size_t drain_by_bytes_max = 255;
/// `{"reason": …, "by": …, "ttl_s": …}`, all optional.
Read<Drain> read_drain(std::string_view body, std::size_t reason_bytes_max, int depth_max);

using MetadataPatch = std::map<std::string, std::optional<std::string>>;
/// A merge patch (RFC 7396) of the metadata: a value sets, null removes. Checked against the limits.
Read<MetadataPatch> read_metadata_patch(std::string_view body, const model::InstanceLimits& limits, int depth_max);

}  // namespace muster::v1
