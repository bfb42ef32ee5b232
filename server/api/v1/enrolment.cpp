#include "server/api/v1/enrolment.hpp"

#include <arpa/inet.h>

#include <cstdio>
#include <random>

namespace muster::api::v1 {
namespace {

std::string random_id() {
  std::random_device random;
  char text[40];
  const int length = std::snprintf(text, sizeof text, "%08x%08x%08x%08x", random(), random(), random(), random());
  return std::string(text, static_cast<std::size_t>(length));
}

/// Whether the id begins with an IPv4 address, as in "10.0.0.7:8080".
std::optional<std::string> address_of_id(std::string_view id) {
  std::string host(id.substr(0, id.find(':')));
  in_addr bytes{};
  if (inet_pton(AF_INET, host.c_str(), &bytes) != 1) return std::nullopt;
  return host;
}

}  // namespace

std::string pick_id(const model::Instance& instance) {
  if (instance.port.number == 0) return random_id();
  const bool is_ipv6 = instance.address.find(':') != std::string::npos;
  std::string id = is_ipv6 ? "[" + instance.address + "]" : instance.address;
  return id.append(":").append(std::to_string(instance.port.number));
}

std::vector<std::string> warnings_of(const core::Key& key, const Asked& asked, std::string_view recorded_address,
                                     const core::Outcome& outcome) {
  std::vector<std::string> warnings;
  const model::LeaseTerms& given = outcome.state.entry->record.registration->lease;
  if (asked.lease.duration_s && *asked.lease.duration_s > given.duration_s) {
    warnings.push_back("lease.duration_s was cut to " + std::to_string(given.duration_s) +
                       ", the longest that this node gives.");
  } else if (outcome.lease_raised) {
    warnings.push_back("lease.duration_s was raised to " + std::to_string(given.duration_s) +
                       ": a lease shorter than two intervals would end at the first renewal that is lost.");
  }
  const auto of_id = address_of_id(key.id);
  if (!asked.address_given && of_id && *of_id != recorded_address)
    warnings.push_back("address is " + std::string(recorded_address) +
                       ", where the request came from, although the id says " + *of_id +
                       "; give address to record another.");
  return warnings;
}

std::string_view plain_address(std::string_view caller_address) {
  constexpr std::string_view mapped = "::ffff:";
  if (caller_address.starts_with(mapped) && caller_address.find('.') != std::string_view::npos)
    return caller_address.substr(mapped.size());
  return caller_address;
}

}  // namespace muster::api::v1
