#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "server/core/record.hpp"
#include "server/core/view.hpp"

namespace muster::core {

/// Which dialect a command came by; some rules differ.
enum class Face : std::uint8_t { native, eureka };

/// Who sent a command: for audit, `override.by`, and later for roles. One object a connection, shared.
struct Caller {
  std::string address = {};   ///< IP address without port
  std::string identity = {};  ///< name proven by authentication; empty while there is none
};
using CallerPtr = std::shared_ptr<const Caller>;

/// Registers or registers again. Names and fields have been checked against model::InstanceLimits.
struct Register {
  Key key = {};
  model::Payload payload = {};
  Status reported = Status::up;
  model::LeaseRequest lease = {};
  std::optional<Incarnation> incarnation = {};  ///< native: given by the client
  std::optional<std::int64_t> dirty_ms = {};    ///< Eureka: lastDirtyTimestamp; becomes the incarnation
  std::optional<Status> override_ =
      {};  ///< Eureka: overriddenStatus other than UNKNOWN; kept where there is no override
  Face face = Face::native;
};

/// A heartbeat.
struct Renew {
  Key key = {};
  std::optional<std::int64_t> dirty_ms = {};  ///< Eureka: compared with the stored one
  Face face = Face::native;
  /// Native: renews this life only. A node that knows an earlier one does not know the instance.
  std::optional<Incarnation> incarnation = {};
};

/// Many heartbeats; Outcome::items has a result for each, in order. Native rules.
struct RenewMany {
  std::vector<Key> keys = {};
};

struct Cancel {
  Key key = {};
  std::optional<Incarnation> incarnation = {};  ///< native: only this incarnation or an older one is cancelled
  Face face = Face::native;
};

/// What the instance says of itself. Renews.
struct SetStatus {
  Key key = {};
  Status status = Status::up;
  std::optional<Incarnation> incarnation = {};
};

/// An operator's word. Drain: OUT_OF_SERVICE. On the Eureka face it renews.
struct SetOverride {
  Key key = {};
  Status value = Status::out_of_service;
  std::string reason = {};
  std::string by = {};
  std::optional<std::chrono::seconds> ttl = {};
  std::optional<std::int64_t> dirty_ms = {};  ///< Eureka: raises the stored dirty timestamp
  Face face = Face::native;
};

struct ClearOverride {
  Key key = {};
  std::optional<std::int64_t> dirty_ms = {};
  Face face = Face::native;
};

/// Sets (value) or removes (none) metadata keys; renews on the Eureka face.
struct PatchMetadata {
  Key key = {};
  std::map<std::string, std::optional<std::string>> changes = {};
  Face face = Face::native;
};

/// Reads one instance, with its live lease.
struct ReadInstance {
  Key key = {};
};

/// Ends a hold before its limit: what it holds is evicted, paced.
struct ReleaseHold {
  ScopeKind kind = ScopeKind::all;
  std::string name = {};
};

using Command = std::variant<Register, Renew, RenewMany, Cancel, SetStatus, SetOverride, ClearOverride, PatchMetadata,
                             ReadInstance, ReleaseHold>;

enum class Result : std::uint8_t {
  ok,
  created,           ///< registered, and was not live before
  unchanged,         ///< carried out, content is as before (an equal registration, a renewal)
  ignored_as_late,   ///< a late retransmission by its dirty timestamp (Eureka: 204 all the same) or incarnation
  unknown_instance,  ///< no live record
  unknown_status,    ///< Eureka: a heartbeat of an instance whose visible status is UNKNOWN; not renewed
  client_is_newer,   ///< Eureka: renewed, but the client's dirty timestamp is newer: it must register again
  client_is_older,   ///< Eureka: renewed; the client's dirty timestamp is older
  cancelled,         ///< this incarnation was cancelled
  limit_reached,     ///< Outcome::limit says which
  unknown_hold,
  not_ready,  ///< unknown here, but this node has not got the state of the others yet
};

struct Outcome {
  Result result = Result::ok;
  InstanceState state = {};        ///< after the command; the entry is null where there is no live record
  std::string limit = {};          ///< the config key of the limit that was reached
  bool lease_raised = false;       ///< the duration asked for was shorter than two intervals, so it was raised to that
  std::vector<Result> items = {};  ///< RenewMany
  unsigned nodes = 1;              ///< how many are known to have it: 2 when a peer confirmed it
  bool asked_a_peer = false;       ///< to confirm it
};

}  // namespace muster::core
