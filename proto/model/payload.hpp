#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proto/model/instance.hpp"

namespace muster::model {

/// An Instance packed into bytes once, where it was accepted: nodes keep, compare and send it as it is.
/// Equal instances pack to equal bytes. Immutable and shared; safe on any thread.
using Payload = std::shared_ptr<const std::string>;

Payload pack(const Instance& instance);

/// An Instance as views into its packed bytes: decoded in one pass, without allocation but for metadata.
/// Valid as long as the bytes. Fields mean the same as in Instance.
struct PayloadView {
  bool id_given = true;
  bool coordinating = false;
  Port port;
  Port secure_port;
  std::int32_t country_id = 1;
  std::string_view host_name, address, zone, vip_address, secure_vip_address, home_page_url, status_page_url,
      health_check_url, secure_health_check_url, app_group, asg_name, sid, data_center;
  std::vector<std::pair<std::string_view, std::string_view>> data_center_metadata;
  std::vector<std::pair<std::string_view, std::string_view>> metadata;
};

/// Reads packed bytes; false when they are not what pack() writes (bytes of a peer or a file may be damaged).
/// `view` is reused: its vectors keep their capacity.
bool unpack(std::string_view bytes, PayloadView& view);

/// Unpacks into an owning Instance. Precondition: the bytes come from pack().
Instance to_instance(std::string_view bytes);

/// Native zone, else metadata `zone`, else Amazon's availability zone, else empty.
std::string_view effective_zone(const PayloadView& view);

}  // namespace muster::model
