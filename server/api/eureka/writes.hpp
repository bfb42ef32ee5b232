#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "server/api/doors.hpp"
#include "server/api/eureka/face.hpp"
#include "server/api/eureka/reads.hpp"
#include "server/api/uri.hpp"

namespace muster::api::eureka {

/// Everything that changes an instance that is there: heartbeat, cancel, override, metadata.
/// Errors have no body: the Jersey clients take any body of a 404 for an instance, fail on it, and never register
/// again.
class Writes {
 public:
  Writes(Registry& registry, const Settings& settings) : registry_(registry), settings_(settings) {}

  void renew(Reading reading, core::Key key, const Target& target);
  void cancel(Reading reading, core::Key key);
  void set_override(Reading reading, core::Key key, const Target& target);
  void clear_override(Reading reading, core::Key key, const Target& target);
  void patch_metadata(Reading reading, core::Key key, const Target& target);

 private:
  void refuse(Reading reading, core::Key key);
  void run(Reading reading, core::Command command);

  Registry& registry_;
  const Settings& settings_;
};

/// What a `lastDirtyTimestamp` says: a number, nothing, or nonsense.
struct DirtyTimestamp {
  std::optional<std::int64_t> ms;
  bool readable = true;
};
DirtyTimestamp dirty_timestamp(const Target& target);

/// Answers a command that failed for a limit: clients take any 5xx for a failure and try their next server.
void respond_limit(Responder& responder, std::string_view limit);

}  // namespace muster::api::eureka
