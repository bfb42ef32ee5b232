#include "proto/model/record.hpp"

namespace muster::model {

std::string_view to_string(Cause cause) {
  switch (cause) {
    case Cause::registered:
      return "registered";
    case Cause::changed:
      return "changed";
    case Cause::drained:
      return "drained";
    case Cause::undrained:
      return "undrained";
    case Cause::cancelled:
      return "cancelled";
    case Cause::expired:
      return "expired";
    case Cause::hold_expired:
      return "hold_expired";
    case Cause::hold_released:
      return "hold_released";
  }
  return "changed";
}

std::string_view to_string(LeaseState state) {
  switch (state) {
    case LeaseState::ok:
      return "ok";
    case LeaseState::late:
      return "late";
    case LeaseState::held:
      return "held";
  }
  return "ok";
}

}  // namespace muster::model
