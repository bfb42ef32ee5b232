#pragma once

#include "config/settings.hpp"
#include "server/api/eureka/face.hpp"
#include "server/api/v1/face.hpp"
#include "server/core/settings.hpp"
#include "server/net/limits.hpp"

// The configuration as each room takes it: rooms below `app` do not know where their settings come from.
namespace muster::app {

core::Settings core_settings(const config::Settings& settings, model::Origin origin);
/// The widest that any node may be configured to take. What nodes send each other and keep on disk is read by these:
/// nodes that differ in their limits must still agree.
model::InstanceLimits widest_limits();
net::Limits net_limits(const config::Settings& settings);
api::eureka::Settings eureka_settings(const config::Settings& settings);
api::v1::Settings v1_settings(const config::Settings& settings);

}  // namespace muster::app
