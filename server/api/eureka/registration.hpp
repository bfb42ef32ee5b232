#pragma once

#include <string_view>

#include "server/api/doors.hpp"
#include "server/api/eureka/face.hpp"
#include "server/api/eureka/reads.hpp"

namespace muster::api::eureka {

/// POST apps/{app}: reads the body, checks it, registers. `reading.form` is that of an error's text.
/// Checks come in the order of the real server, whose texts clients' logs are full of.
class Registrations {
 public:
  Registrations(Registry& registry, const Settings& settings) : registry_(registry), settings_(settings) {}

  void take(const Reading& reading, std::string_view app);

 private:
  Registry& registry_;
  const Settings& settings_;
};

}  // namespace muster::api::eureka
