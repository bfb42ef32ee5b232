#include <arpa/inet.h>

#include <array>
#include <charconv>
#include <limits>
#include <span>
#include <unordered_set>

#include "proto/model/ascii.hpp"
#include "proto/v1/parse.hpp"
#include "proto/v1/read.hpp"
#include "proto/v1/read_parts.hpp"

namespace muster::v1 {

namespace {

// In the order of `names`; what follows `lease` is shown in answers and ignored when a document is written back.
enum Field : std::size_t {
  service, id, address, host_name, port, disabled_port, secure_port, disabled_secure_port, zone, status, reported_status,
  metadata, lease, vip_address, secure_vip_address, home_page_url, status_page_url, health_check_url,
  secure_health_check_url, app_group, asg_name, sid, country_id, data_center, incarnation,
  override_, version, registered_at, updated_at, up_since, warnings,
};
constexpr std::array<std::string_view, 31> names{
    "service", "id", "address", "host_name", "port", "disabled_port", "secure_port", "disabled_secure_port", "zone",
    "status", "reported_status", "metadata", "lease", "vip_address", "secure_vip_address", "home_page_url",
    "status_page_url", "health_check_url", "secure_health_check_url", "app_group", "asg_name", "sid", "country_id",
    "data_center", "incarnation", "override", "version", "registered_at", "updated_at", "up_since", "warnings",
};

constexpr std::uint64_t lease_max_s = std::numeric_limits<std::int32_t>::max();  // the node cuts it to its own limit

bool is_ip_address(const std::string& text) {
  unsigned char bytes[16];
  return inet_pton(AF_INET, text.c_str(), bytes) == 1 || inet_pton(AF_INET6, text.c_str(), bytes) == 1;
}

/// The port that an id such as "10.0.0.7:8080" or "[2001:db8::7]:8080" ends in.
std::optional<std::uint16_t> port_of_id(std::string_view id) {
  const auto colon = id.rfind(':');
  if (colon == std::string_view::npos || is_ip_address(std::string(id))) return std::nullopt;
  const std::string_view digits = id.substr(colon + 1);
  std::uint16_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc{} || end != digits.data() + digits.size() || number == 0) return std::nullopt;
  return number;
}

class Reader {
 public:
  explicit Reader(const RegistrationContext& context) : context_(context) {
    out_.instance.port = {};
    out_.instance.secure_port = {};
  }

  Read<Registration> read(Element root) {
    if (!read_object(root, "", names, faults_, [&](std::size_t field, Element value) { return member(field, value); }))
      return faults_.take();
    fill_in();
    if (auto error = model::check_instance(out_.instance, context_.limits)) return std::move(*error);
    return std::move(out_);
  }

 private:
  bool member(std::size_t field, Element value) {
    if (field == port) port_given_ = true;  // also a null: this instance has no port, whatever its id looks like
    if (value.is_null()) return true;
    model::Instance& instance = out_.instance;
    switch (static_cast<Field>(field)) {
      case service: return same(value, "service", context_.service);
      case id: return context_.id ? same(value, "id", *context_.id) : refuse_id();
      case address: return read_address(value);
      case port: return read_port(value, "port", instance.port);
      case disabled_port: port_given_ = true; return read_disabled(value, "disabled_port", instance.port);
      case secure_port: return read_port(value, "secure_port", instance.secure_port);
      case disabled_secure_port: return read_disabled(value, "disabled_secure_port", instance.secure_port);
      case status: {
        model::Status read = model::Status::up;
        if (!read_status_name(value, "status", read, faults_)) return false;
        if (!reported_given_) out_.status = read;
        return true;
      }
      case reported_status: reported_given_ = true; return read_status_name(value, "reported_status", out_.status, faults_);
      case metadata: return read_metadata(value, "metadata.", instance.metadata);
      case lease: return read_lease(value);
      case country_id: return read_country(value);
      case data_center: return read_data_center(value);
      case incarnation: return read_incarnation(value, out_.incarnation, faults_);
      case override_: case version: case registered_at: case updated_at: case up_since: case warnings: return true;
      case host_name: case zone: case vip_address: case secure_vip_address: case home_page_url: case status_page_url:
      case health_check_url: case secure_health_check_url: case app_group: case asg_name: case sid:
        return read_text(value, names[field], *text_of(static_cast<Field>(field)), faults_);
    }
    return true;
  }

  std::string* text_of(Field field) {
    model::Instance& instance = out_.instance;
    switch (field) {
      case host_name: return &instance.host_name;
      case zone: return &instance.zone;
      case vip_address: return &instance.vip_address;
      case secure_vip_address: return &instance.secure_vip_address;
      case home_page_url: return &instance.home_page_url;
      case status_page_url: return &instance.status_page_url;
      case health_check_url: return &instance.health_check_url;
      case secure_health_check_url: return &instance.secure_health_check_url;
      case app_group: return &instance.app_group;
      case asg_name: return &instance.asg_name;
      default: return &instance.sid;
    }
  }

  /// A name that stands in the path may stand in the body, but must be the same.
  bool same(Element value, std::string_view field, std::string_view of_path) {
    std::string text;
    if (!read_text(value, field, text, faults_)) return false;
    const bool equal = field == "service" ? model::equal_ignoring_case(text, of_path) : text == of_path;
    return equal || faults_.add(std::string(field), "is \"" + shown(text) + "\", but the path says \"" + shown(of_path) +
                                                       "\"; leave it out of the body, or make them equal");
  }

  bool refuse_id() {
    return faults_.add("id", "is picked by the server for a POST; to give one, PUT /v1/services/{service}/instances/{id}");
  }

  bool read_address(Element value) {
    std::string_view text;
    out_.address_given = true;
    if (value.get_string().get(text) == simdjson::SUCCESS && is_ip_address(std::string(text)) &&
        text.find('\0') == std::string_view::npos) {
      out_.instance.address = text;
      return true;
    }
    return faults_.wrong("address", "an IPv4 or IPv6 address (names go in host_name)", value);
  }

  bool read_port(Element value, std::string_view field, model::Port& out) {
    std::uint64_t number = 0;
    if (value.is_object()) return read_port_object(value, std::string(field).append("."), out);
    if (!value.is_number()) return faults_.wrong(std::string(field), "a whole number from 1 to 65535, or null", value);
    if (!read_integer(value, field, 1, 65535, number, faults_)) return false;
    if (out.number != 0) return both_ports(field);
    out = {static_cast<std::uint16_t>(number), true};
    return true;
  }

  bool read_port_object(Element value, const std::string& path, model::Port& out) {
    static constexpr std::array<std::string_view, 2> parts{"number", "enabled"};
    if (out.number != 0) return both_ports(std::string_view(path).substr(0, path.size() - 1));
    std::optional<bool> enabled;
    const bool read = read_object(value, path, parts, faults_, [&](std::size_t index, Element part) {
      if (part.is_null()) return true;
      if (index == 0) {
        std::uint64_t number = 0;
        if (!read_integer(part, path + "number", 0, 65535, number, faults_)) return false;
        out.number = static_cast<std::uint16_t>(number);
        return true;
      }
      if (part.get_bool().get(enabled.emplace()) == simdjson::SUCCESS) return true;
      return faults_.wrong(path + "enabled", "true or false", part);
    });
    out.enabled = enabled.value_or(out.number != 0);
    return read;
  }

  bool read_disabled(Element value, std::string_view field, model::Port& out) {
    std::uint64_t number = 0;
    if (!read_integer(value, field, 1, 65535, number, faults_)) return false;
    if (out.number != 0) return both_ports(field);
    out = {static_cast<std::uint16_t>(number), false};
    return true;
  }

  bool both_ports(std::string_view field) {
    return faults_.add(std::string(field), "cannot stand beside its other form: a port is either enabled or disabled");
  }

  bool read_metadata(Element value, const std::string& path, model::Metadata& out) {
    simdjson::dom::object members;
    if (value.get_object().get(members) != simdjson::SUCCESS)
      return faults_.wrong(path.substr(0, path.size() - 1), "a JSON object of keys and values", value);
    if (members.size() > context_.limits.metadata_entries)
      return faults_.add(path.substr(0, path.size() - 1), "has more than " + std::to_string(context_.limits.metadata_entries) +
                         " entries; leave some out", true);
    std::unordered_set<std::string_view> keys;
    for (const auto [key, item] : members) {
      const std::string field = metadata_field(path, key);
      if (!keys.insert(key).second) return faults_.add(field, "is given twice; give it once");
      auto& entry = out.emplace_back(std::string(key), std::string());
      if (!read_metadata_value(item, field, entry.second, faults_)) return false;
    }
    return true;
  }

  bool read_lease(Element value) {
    static constexpr std::array<std::string_view, 6> parts{"interval_s", "duration_s", "state",
                                                           "renewed_at", "expires_at", "expires_in_ms"};
    return read_object(value, "lease.", parts, faults_, [&](std::size_t index, Element part) {
      if (part.is_null() || index > 1) return true;
      std::uint64_t seconds = 0;
      if (!read_integer(part, "lease." + std::string(parts[index]), 1, lease_max_s, seconds, faults_)) return false;
      (index == 0 ? out_.lease.interval_s : out_.lease.duration_s) = static_cast<std::uint32_t>(seconds);
      return true;
    });
  }

  bool read_country(Element value) {
    std::uint64_t number = 0;
    if (!read_integer(value, "country_id", 0, std::numeric_limits<std::int32_t>::max(), number, faults_)) return false;
    out_.instance.country_id = static_cast<std::int32_t>(number);
    return true;
  }

  bool read_data_center(Element value) {
    static constexpr std::array<std::string_view, 2> parts{"name", "metadata"};
    model::Instance& instance = out_.instance;
    const bool read = read_object(value, "data_center.", parts, faults_, [&](std::size_t index, Element part) {
      if (part.is_null()) return true;
      if (index == 1) return read_metadata(part, "data_center.metadata.", instance.data_center_metadata);
      std::string name;
      if (!read_text(part, "data_center.name", name, faults_)) return false;
      if (name.empty()) return faults_.wrong("data_center.name", "a name such as MyOwn or Amazon", part);
      instance.data_center = std::move(name);
      return true;
    });
    if (read && instance.data_center != "Amazon" && !instance.data_center_metadata.empty())
      return faults_.add("data_center.metadata", "goes with the name Amazon only; put it in metadata");
    return read;
  }

  void fill_in() {
    model::Instance& instance = out_.instance;
    if (instance.address.empty()) instance.address = context_.caller_address;
    if (instance.host_name.empty()) instance.host_name = instance.address;
    if (instance.vip_address.empty()) instance.vip_address = context_.service;
    if (instance.secure_vip_address.empty()) instance.secure_vip_address = context_.service;
    if (!port_given_ && context_.id)
      if (const auto number = port_of_id(*context_.id)) instance.port = {*number, true};
    instance.app_group = model::to_upper(instance.app_group);
  }

  const RegistrationContext& context_;
  Registration out_;
  Faults faults_;
  bool port_given_ = false;
  bool reported_given_ = false;
};

}  // namespace

Read<Registration> read_registration(std::string_view body, const RegistrationContext& context) {
  Document document;
  if (auto error = document.parse(body, context.depth_max)) return *error;
  return Reader(context).read(document.root());
}

}  // namespace muster::v1
