#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "proto/model/status.hpp"

namespace muster::model {

/// How long an instance lives without renewing, and how often it promises to renew. Seconds.
struct LeaseTerms {
  std::uint32_t interval_s = 30;
  std::uint32_t duration_s = 90;

  bool operator==(const LeaseTerms&) const = default;
};

/// The lease that a registration asks for; either number may be missing.
struct LeaseRequest {
  std::optional<std::uint32_t> interval_s;
  std::optional<std::uint32_t> duration_s;

  bool operator==(const LeaseRequest&) const = default;
};

struct Port {
  std::uint16_t number = 0;
  bool enabled = false;

  bool operator==(const Port&) const = default;
};

using Metadata = std::vector<std::pair<std::string, std::string>>;

/// What a client registers, without a dialect: every field of both faces, so that neither loses what the other took.
/// Strings are UTF-8; an empty string means that the field is absent, except in metadata values.
/// The service, the id, the reported status, the lease and the timestamps stand beside it (RegisterCommand): they are
/// not part of the payload. `proto/README.md` has the table of fields, defaults and what each face calls them.
struct Instance {
  bool id_given = true;   ///< Eureka: `instanceId` was sent, so it is written; else readers derive it as the client did
  std::string host_name;  ///< default: the address
  std::string address;    ///< IP address, `ipAddr` on the Eureka face
  std::string zone;       ///< native `zone`; see effective_zone()
  Port port{7001, true};  ///< the defaults are Eureka's
  Port secure_port{7002, false};
  std::string vip_address;  ///< comma list; default on the native face: the service name
  std::string secure_vip_address;
  std::string home_page_url;
  std::string status_page_url;
  std::string health_check_url;
  std::string secure_health_check_url;
  std::string app_group;  ///< upper case, as Eureka keeps it
  std::string asg_name;
  std::string sid;  ///< empty stands for Eureka's "na"
  std::int32_t country_id = 1;
  std::string data_center = "MyOwn";  ///< dataCenterInfo.name as registered
  Metadata data_center_metadata;      ///< Amazon only
  bool coordinating = false;          ///< what the client said; never shown, the server knows better
  Metadata metadata;                  ///< in the order registered, keys unique

  bool operator==(const Instance&) const = default;
};

}  // namespace muster::model
