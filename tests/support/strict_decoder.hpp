#pragma once

#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "proto/eureka/write.hpp"

// Reads documents of the Eureka dialect as strictly as the strictest known reader of each detail: Spring's clients for
// keys, fargo and Steeltoe for types, py-eureka-client and Prometheus for XML, expat for well-formedness. What passes
// here can be read by all of them. No two readers share code with the writers, but for the names of formats.
namespace muster::test {

/// What a reader would stumble over, with the path to it.
struct StrictError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct StrictInstance {
  std::string id;                               ///< by the reader's rule: instanceId, else Amazon's, else the host name
  std::map<std::string, std::string> texts;     ///< every field that is text, a boolean or a status, by its JSON key
  std::map<std::string, std::int64_t> numbers;  ///< countryId, the timestamps, "port.$", "leaseInfo.durationInSecs" …
  std::map<std::string, std::string> metadata;
  std::map<std::string, std::string> data_center_metadata;

  bool operator==(const StrictInstance&) const = default;
};

struct StrictApplication {
  std::string name;
  std::vector<StrictInstance> instances;
};

struct StrictList {
  std::string version;
  std::string hash;
  std::vector<StrictApplication> applications;

  /// The hash that a client computes from the instances: equals `hash` in a full read, not in a delta.
  std::string computed_hash() const;
};

/// All throw StrictError.
StrictList decode_list(std::string_view body, eureka::Format format, eureka::Shape shape);
StrictApplication decode_application(std::string_view body, eureka::Format format, eureka::Shape shape);
StrictInstance decode_instance(std::string_view body, eureka::Format format);

/// What is wrong with `body` as an XML 1.0 document with namespaces, or empty.
std::string xml_problem(std::string_view body);

}  // namespace muster::test
