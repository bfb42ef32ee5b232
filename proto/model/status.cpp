#include "proto/model/status.hpp"

#include "proto/model/ascii.hpp"

namespace muster::model {
namespace {

constexpr Status all[] = {Status::up, Status::down, Status::starting, Status::out_of_service, Status::unknown};

}  // namespace

std::string_view to_string(Status status) {
  switch (status) {
    case Status::up:
      return "UP";
    case Status::down:
      return "DOWN";
    case Status::starting:
      return "STARTING";
    case Status::out_of_service:
      return "OUT_OF_SERVICE";
    case Status::unknown:
      return "UNKNOWN";
  }
  return "UNKNOWN";
}

std::optional<Status> parse_status(std::string_view name) {
  for (Status status : all)
    if (to_string(status) == name) return status;
  return std::nullopt;
}

std::optional<Status> parse_status_any_case(std::string_view name) {
  for (Status status : all)
    if (equal_ignoring_case(to_string(status), name)) return status;
  return std::nullopt;
}

}  // namespace muster::model
