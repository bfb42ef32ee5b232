#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/v1/read.hpp"
#include "server/core/command.hpp"

// What the server adds to a registration: an id where none was given, and words about what it did otherwise than asked.
namespace muster::api::v1 {

/// ADDRESS:PORT where there is a port, so that a POST sent twice is one instance; else 32 random hexadecimal digits.
std::string pick_id(const model::Instance& instance);

/// What was asked for, kept to compare with what was recorded.
struct Asked {
  model::LeaseRequest lease;
  bool address_given = false;
};

/// Sentences for the one who registers, about what is recorded otherwise than one might think.
std::vector<std::string> warnings_of(const core::Key& key, const Asked& asked, std::string_view recorded_address,
                                     const core::Outcome& outcome);

/// The address of the caller as a registration shows it: an IPv4 address that came through an IPv6 socket as IPv4.
std::string_view plain_address(std::string_view caller_address);

}  // namespace muster::api::v1
