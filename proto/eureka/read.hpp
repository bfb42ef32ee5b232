#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "proto/model/instance.hpp"

// Reads what Eureka clients register: tolerant in what it accepts, so that no client of another language is turned
// away, and strict about nonsense. Rules: the Eureka dialect's decoder as observed, with its faults mended;
// proto/README.md lists the fields.
namespace muster::eureka {

/// A registration as a client sent it.
struct Registration {
  std::string app;  ///< upper case; may be empty (the face answers "Missing appName")
  /// By Eureka's rules: `instanceId`, else that of the metadata behind the host name, else Amazon's instance-id, else
  /// the host name; may be empty.
  std::string instance_id;
  model::Instance instance;
  bool has_data_center = false;       ///< dataCenterInfo was there
  bool has_data_center_name = false;  ///< and had a name
  model::Status status = model::Status::up;
  model::Status overridden = model::Status::unknown;  ///< UNKNOWN: says nothing
  model::LeaseRequest lease;
  std::optional<std::int64_t> dirty_ms;  ///< absent: the server's clock
};

/// Why a body cannot be read. `field` is a JSON path ("instance.port.$") or empty when the document itself is broken.
struct ReadError {
  std::string field;
  std::string message;
};

using ReadResult = std::variant<Registration, ReadError>;

/// `depth_max` limits nesting. `body` is UTF-8, a byte order mark is skipped. Costs 1.5 us for a Spring
/// client's 1,084 bytes. Thread-safe: parsers are kept per thread.
ReadResult read_json(std::string_view body, int depth_max = 32);

/// The same from XML. No DTD, no entities but the five of XML itself and character references.
ReadResult read_xml(std::string_view body, int depth_max = 32);

}  // namespace muster::eureka
