#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/core/command.hpp"
#include "server/core/node.hpp"
#include "server/core/view.hpp"

// The only ways from a request to the registry. No caller may assume that the core runs on its own thread: completions
// come on the caller's loop, before or after the call returns.
namespace muster::api {

class Registry {
 public:
  virtual ~Registry() = default;

  /// `confirm`: `done` waits until a peer has it, for a while; Outcome::nodes says whether one has.
  virtual void carry_out(core::CallerPtr caller, core::Command command, bool confirm,
                         std::function<void(core::Outcome)> done) = 0;
  void execute(core::CallerPtr caller, core::Command command, std::function<void(core::Outcome)> done) {
    carry_out(std::move(caller), std::move(command), false, std::move(done));
  }

  /// False: this node has not got the state of the others yet, so that what it lists would be incomplete. Then reads
  /// are to be answered 503.
  virtual bool ready() const = 0;

  /// Each view shows every write that was completed before the call. That of a service is null when it has no live
  /// instance; no other is, and those by VIP address are of services that have some.
  virtual void service(std::string name, std::function<void(core::ServiceViewPtr)> done) = 0;
  virtual void registry(std::function<void(core::RegistryViewPtr)> done) = 0;
  virtual void services(std::function<void(core::ServicesViewPtr)> done) = 0;
  virtual void delta(std::function<void(core::DeltaViewPtr)> done) = 0;
  virtual void services_of_vip(std::string name, bool secure,
                               std::function<void(std::vector<core::ServiceViewPtr>)> done) = 0;
  virtual void self_preservation(std::function<void(core::SelfPreservationView)> done) = 0;
  virtual void dormant_overrides(std::function<void(std::vector<core::DormantOverride>)> done) = 0;

  /// Wall clock of this node; any thread.
  virtual core::WallMs wall_ms() const = 0;
};

/// Runs what takes long (full encodings, compression) away from the loops.
class Background {
 public:
  virtual ~Background() = default;
  /// `job` runs on a worker thread, then `done` on the caller's loop. Jobs run one after another, in order.
  /// False: too many wait already, and nothing will be called.
  [[nodiscard]] virtual bool run(std::function<void()> job, std::function<void()> done) = 0;
};

}  // namespace muster::api
