#pragma once

#include <cstdint>
#include <functional>
#include <unordered_map>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "server/api/doors.hpp"
#include "server/app/fact_log.hpp"
#include "server/core/node.hpp"

namespace muster::app {

/// Where the core's messages to other nodes go. Called on the registry loop.
class Voice {
 public:
  virtual void say(std::vector<core::Outgoing> messages) = 0;
  /// Calls `done` once a peer's socket has taken what was said so far, or it has waited for as long as a client may
  /// be kept for it; at once where there is nobody to wait for.
  virtual void when_taken(std::function<void()> done) = 0;

 protected:
  ~Voice() = default;
};

/// Drives the pure core on one loop: hands it requests, messages and time, carries out its effects. Every member runs
/// on that loop, and so do the completions, most of them before the call returns.
class RegistryLoop final : public api::Registry {
 public:
  /// Puts what was kept on disk into a node that has not begun yet.
  using Restore = std::function<void(core::Node& node)>;

  /// `facts` outlives this.
  RegistryLoop(boost::asio::io_context& loop, const core::Settings& settings, std::uint64_t seed, FactLog& facts,
               const Restore& restore = {});

  /// From now on what the core says is heard. `voice` outlives this, or is taken away by null.
  void set_voice(Voice* voice) { voice_ = voice; }
  /// Called when the node has come to another state.
  void on_state(std::function<void(core::NodeState)> changed) { state_changed_ = std::move(changed); }

  void carry_out(core::CallerPtr caller, core::Command command, bool confirm,
                 std::function<void(core::Outcome)> done) override;
  bool ready() const override { return node_.state() == core::NodeState::ready; }
  void service(std::string name, std::function<void(core::ServiceViewPtr)> done) override;
  void registry(std::function<void(core::RegistryViewPtr)> done) override;
  void delta(std::function<void(core::DeltaViewPtr)> done) override;
  void services(std::function<void(core::ServicesViewPtr)> done) override;
  void services_of_vip(std::string name, bool secure,
                       std::function<void(std::vector<core::ServiceViewPtr>)> done) override;
  void self_preservation(std::function<void(core::SelfPreservationView)> done) override;
  void dormant_overrides(std::function<void(std::vector<core::DormantOverride>)> done) override;
  core::WallMs wall_ms() const override;

  void reconfigure(const core::Settings& settings);
  /// What needs no answer here: PeerUp, PeerDown, PeerSaid, Timer.
  void tell(core::Event event);

  /// For metrics and documents.
  core::NodeState state() const { return node_.state(); }
  core::Counters counters() const { return node_.counters(); }
  core::Gauges gauges() const { return node_.gauges(); }
  core::ServicesViewPtr services_now() { return node_.services(); }
  core::SelfPreservationView self_preservation_now() const;
  std::vector<core::PeerView> peers_now() const;
  std::uint64_t content_root() const { return node_.content_root(); }
  const model::VersionVector& known() const { return node_.known(); }
  core::Snapshot snapshot() { return node_.snapshot(); }
  std::uint64_t clock() const { return node_.clock(); }

 private:
  /// Facts, holds, messages and the wake-up. Replies are left to the caller: their completions may come back in here.
  void take(core::Effects& effects, core::WallMs at_ms);
  void complete(core::Reply reply);
  void wake_by(core::Monotonic time);
  void arm(core::Monotonic time);
  void on_timer();

  core::Node node_;
  FactLog& facts_;
  Voice* voice_ = nullptr;
  std::function<void(core::NodeState)> state_changed_;
  core::NodeState state_ = core::NodeState::cold;
  boost::asio::steady_timer timer_;
  core::Monotonic wanted_{0};                      ///< when the core wants to be woken at the latest
  core::Monotonic armed_{core::Monotonic::max()};  ///< when the timer rings; never after wanted_
  core::RequestId last_id_ = 0;
  /// Requests that the core did not answer within their own turn.
  std::unordered_map<core::RequestId, std::function<void(core::Outcome)>> open_;
};

}  // namespace muster::app
