#include "proto/eureka/builder.hpp"

#include <algorithm>
#include <limits>
#include <unordered_map>

#include "proto/eureka/scalars.hpp"
#include "proto/eureka/text.hpp"
#include "proto/model/ascii.hpp"

namespace muster::eureka {
namespace {

/// Up to this size comparing all pairs is faster than hashing; beyond it, it would let one body cost seconds.
constexpr std::size_t small_map_entries = 16;

const std::string* find(const model::Metadata& entries, std::string_view key) {
  for (const auto& [name, value] : entries)
    if (name == key) return &value;
  return nullptr;
}

/// Keeps one entry a key: the last value, where the key came first.
void remove_duplicates(model::Metadata& entries) {
  model::Metadata unique;
  unique.reserve(entries.size());
  std::unordered_map<std::string, std::size_t> places;
  for (auto& [key, value] : entries) {
    const auto [place, added] = places.try_emplace(key, unique.size());
    if (added)
      unique.emplace_back(std::move(key), std::move(value));
    else
      unique[place->second].second = std::move(value);
  }
  entries = std::move(unique);
}

bool has_duplicates(const model::Metadata& entries) {
  if (entries.size() > small_map_entries) return true;  // not known, and cheap enough to find out
  for (std::size_t i = 1; i < entries.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (entries[i].first == entries[j].first) return true;
  return false;
}

const model::Instance& defaults() {
  static const model::Instance instance;
  return instance;
}

model::Status read_status(std::string_view text) {
  return model::parse_status_any_case(trim(text)).value_or(model::Status::unknown);
}

std::int32_t read_country(std::string_view text) {
  using Limits = std::numeric_limits<std::int32_t>;
  return static_cast<std::int32_t>(
      std::clamp<std::int64_t>(read_number(text).value_or(0), Limits::min(), Limits::max()));
}

std::optional<std::uint32_t> read_seconds(std::string_view text) {
  const std::optional<std::int64_t> seconds = read_number(text);
  if (!seconds || *seconds <= 0) return std::nullopt;
  return static_cast<std::uint32_t>(std::min(*seconds, seconds_max));
}

}  // namespace

std::string* RegistrationBuilder::text_of(Field field) {
  model::Instance& instance = registration_.instance;
  switch (field) {
    case Field::host_name:
      return &instance.host_name;
    case Field::ip_addr:
      return &instance.address;
    case Field::home_page_url:
      return &instance.home_page_url;
    case Field::status_page_url:
      return &instance.status_page_url;
    case Field::health_check_url:
      return &instance.health_check_url;
    case Field::secure_health_check_url:
      return &instance.secure_health_check_url;
    case Field::vip_address:
      return &instance.vip_address;
    case Field::secure_vip_address:
      return &instance.secure_vip_address;
    case Field::asg_name:
      return &instance.asg_name;
    default:
      return nullptr;
  }
}

void RegistrationBuilder::set(Field field, std::string_view text) {
  if (std::string* plain = text_of(field)) {
    plain->assign(text);
    return;
  }
  switch (field) {
    case Field::instance_id:
      instance_id_ = text;
      return;
    case Field::app:
      has_app_ = true;
      registration_.app = model::to_upper(text);
      return;
    case Field::sid:
      // Java's readers take "na" for absent and write it for want of anything better.
      registration_.instance.sid = text == "na" || text == "unknown" ? std::string_view() : text;
      return;
    case Field::status:
      registration_.status = read_status(text);
      return;
    case Field::overridden_status:
      registration_.overridden = read_status(text);
      return;
    case Field::country_id:
      registration_.instance.country_id = read_country(text);
      return;
    case Field::app_group_name:
      registration_.instance.app_group = model::to_upper(text);
      return;
    case Field::coordinating:
      registration_.instance.coordinating = read_bool(text).value_or(false);
      return;
    case Field::last_dirty_timestamp:
      registration_.dirty_ms = read_number(text).value_or(0);
      return;
    default:
      return;
  }
}

std::optional<ReadError> RegistrationBuilder::set_port(Field field, std::optional<std::string_view> number,
                                                       std::optional<std::string_view> enabled) {
  const bool secure = field == Field::secure_port;
  const auto path = [secure](std::string_view part) {
    return std::string(secure ? "instance.securePort." : "instance.port.").append(part);
  };
  model::Port port = secure ? defaults().secure_port : defaults().port;
  if (number) {
    const std::optional<std::uint16_t> value = read_port_number(*number);
    if (!value) return ReadError{path("$"), "is not a port; send a whole number from 0 to 65535"};
    port.number = *value;
  }
  if (enabled) {
    const std::optional<bool> value = read_bool(*enabled);
    if (!value) return ReadError{path("@enabled"), "is neither true nor false"};
    port.enabled = *value;
  }
  (secure ? registration_.instance.secure_port : registration_.instance.port) = port;
  return std::nullopt;
}

void RegistrationBuilder::start_data_center() {
  registration_.has_data_center = true;
  registration_.has_data_center_name = false;
  registration_.instance.data_center = defaults().data_center;
  amazon_class_ = false;
  start_data_center_metadata();
}

void RegistrationBuilder::set_data_center_name(std::string_view name) {
  if (name.empty()) return;
  registration_.has_data_center_name = true;
  registration_.instance.data_center = name;
}

void RegistrationBuilder::set_data_center_class(std::string_view name) {
  amazon_class_ = name == amazon_class;
}

void RegistrationBuilder::start_data_center_metadata() {
  registration_.instance.data_center_metadata.clear();
}

void RegistrationBuilder::add_data_center_metadata(std::string_view key, std::string_view value) {
  if (!is_type_key(key)) registration_.instance.data_center_metadata.emplace_back(key, value);
}

void RegistrationBuilder::start_lease() {
  registration_.lease = model::LeaseRequest{};
}

void RegistrationBuilder::set_lease(std::string_view key, std::string_view text) {
  if (key == "renewalIntervalInSecs") registration_.lease.interval_s = read_seconds(text);
  if (key == "durationInSecs") registration_.lease.duration_s = read_seconds(text);
}

void RegistrationBuilder::start_metadata() {
  registration_.instance.metadata.clear();
}

void RegistrationBuilder::add_metadata(std::string_view key, std::string_view value) {
  if (!is_type_key(key)) registration_.instance.metadata.emplace_back(key, value);
}

bool RegistrationBuilder::amazon() const {
  return amazon_class_ || model::equal_ignoring_case(registration_.instance.data_center, "Amazon");
}

void RegistrationBuilder::complete_id() {
  model::Instance& instance = registration_.instance;
  if (instance_id_.empty()) {
    // Spring's oldest clients put it there, and all of Spring's readers look there.
    const std::string* id = find(instance.metadata, "instanceId");
    if (id != nullptr && !id->empty())
      instance_id_ = id->starts_with(instance.host_name) ? *id : instance.host_name + ":" + *id;
  }
  instance.id_given = !instance_id_.empty();
  const std::string* amazon_id = amazon() ? find(instance.data_center_metadata, "instance-id") : nullptr;
  if (instance.id_given)
    registration_.instance_id = std::move(instance_id_);
  else if (amazon_id != nullptr && !amazon_id->empty())
    registration_.instance_id = *amazon_id;
  else
    registration_.instance_id = instance.host_name;
  // Java's readers take Amazon's own id for the instance's wherever they meet one, so there must be one.
  if (amazon() && amazon_id == nullptr && !registration_.instance_id.empty())
    instance.data_center_metadata.emplace_back("instance-id", registration_.instance_id);
}

ReadResult RegistrationBuilder::finish() {
  if (!has_app_) return ReadError{"instance.app", "is missing; name the application"};
  model::Instance& instance = registration_.instance;
  if (has_duplicates(instance.metadata)) remove_duplicates(instance.metadata);
  if (has_duplicates(instance.data_center_metadata)) remove_duplicates(instance.data_center_metadata);
  if (amazon_class_) {
    registration_.has_data_center_name = true;
    instance.data_center = "Amazon";
  }
  if (!amazon()) instance.data_center_metadata.clear();  // no reader would accept it back
  complete_id();
  return std::move(registration_);
}

}  // namespace muster::eureka
