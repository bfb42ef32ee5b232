#pragma once

#include <cstdint>
#include <unordered_map>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "server/api/doors.hpp"
#include "server/app/fact_log.hpp"
#include "server/core/node.hpp"

namespace muster::app {

/// Drives the pure core on one loop: hands it requests and time, carries out its effects. Every member runs on that
/// loop, and so do the completions, most of them before the call returns.
class RegistryLoop final : public api::Registry {
 public:
  /// `facts` outlives this.
  RegistryLoop(boost::asio::io_context& loop, const core::Settings& settings, std::uint64_t seed, FactLog& facts);

  void execute(core::CallerPtr caller, core::Command command, std::function<void(core::Outcome)> done) override;
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

  /// For metrics.
  core::Counters counters() const { return node_.counters(); }
  core::Gauges gauges() const { return node_.gauges(); }
  core::ServicesViewPtr services_now() { return node_.services(); }
  core::SelfPreservationView self_preservation_now() const;

 private:
  /// Facts, holds and the wake-up. Replies are left to the caller: their completions may come back in here.
  void take(const core::Effects& effects, core::WallMs at_ms);
  void complete(core::Reply reply);
  void wake_by(core::Monotonic time);
  void arm(core::Monotonic time);
  void on_timer();

  core::Node node_;
  FactLog& facts_;
  boost::asio::steady_timer timer_;
  core::Monotonic wanted_{0};                      ///< when the core wants to be woken at the latest
  core::Monotonic armed_{core::Monotonic::max()};  ///< when the timer rings; never after wanted_
  core::RequestId last_id_ = 0;
  /// Requests that the core did not answer within their own turn.
  std::unordered_map<core::RequestId, std::function<void(core::Outcome)>> open_;
};

}  // namespace muster::app
