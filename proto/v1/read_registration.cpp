#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <span>
#include <unordered_set>

#include "proto/model/ascii.hpp"
#include "proto/v1/parse.hpp"
#include "proto/v1/read.hpp"
#include "proto/v1/read_parts.hpp"

namespace muster::v1 {

namespace {

constexpr std::uint64_t lease_max_s = std::numeric_limits<std::int32_t>::max();  // the node cuts it to its own limit

bool is_ip_address(std::string_view text) {
  if (text.find('\0') != std::string_view::npos) return false;  // where inet_pton would stop
  const std::string terminated(text);
  unsigned char bytes[16];
  return inet_pton(AF_INET, terminated.c_str(), bytes) == 1 || inet_pton(AF_INET6, terminated.c_str(), bytes) == 1;
}

/// The port that an id such as "10.0.0.7:8080" or "[2001:db8::7]:8080" ends in.
std::optional<std::uint16_t> port_of_id(std::string_view id) {
  const auto colon = id.rfind(':');
  if (colon == std::string_view::npos || is_ip_address(id)) return std::nullopt;
  const std::string_view digits = id.substr(colon + 1);
  std::uint16_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc{} || end != digits.data() + digits.size() || number == 0) return std::nullopt;
  return number;
}

/// What answers show beside the fields of a registration: text, or an array or object of texts and nulls.
bool made_of_texts(Element value) {
  const auto is_text = [](Element part) { return part.is_string() || part.is_null(); };
  simdjson::dom::array items;
  if (value.get_array().get(items) == simdjson::SUCCESS) return std::all_of(items.begin(), items.end(), is_text);
  simdjson::dom::object members;
  if (value.get_object().get(members) == simdjson::SUCCESS)
    return std::all_of(members.begin(), members.end(), [&](const auto& member) { return is_text(member.value); });
  return is_text(value);
}

class Reader {
 public:
  explicit Reader(const RegistrationContext& context) : context_(context) {
    out_.instance.port = {};
    out_.instance.secure_port = {};
  }

  Read<Registration> read(Element root);

  // One reader for each field; `name` is the field's.
  bool service(Element value, std::string_view name) { return same(value, name, context_.service); }
  bool id(Element value, std::string_view name) {
    return context_.id ? same(value, name, *context_.id) : refuse_id(name);
  }
  bool port(Element value, std::string_view name) { return read_port(value, name, out_.instance.port); }
  bool disabled_port(Element value, std::string_view name) { return read_disabled(value, name, out_.instance.port); }
  bool secure_port(Element value, std::string_view name) { return read_port(value, name, out_.instance.secure_port); }
  bool disabled_secure_port(Element value, std::string_view name) {
    return read_disabled(value, name, out_.instance.secure_port);
  }
  bool metadata(Element value, std::string_view) { return read_metadata(value, "metadata.", out_.instance.metadata); }
  bool incarnation(Element value, std::string_view) { return read_incarnation(value, out_.incarnation, faults_); }
  bool address(Element value, std::string_view name);
  bool status(Element value, std::string_view name);
  bool reported_status(Element value, std::string_view name);
  bool lease(Element value, std::string_view name);
  bool country_id(Element value, std::string_view name);
  bool data_center(Element value, std::string_view name);
  /// Shown in answers; ignored when a document is written back.
  bool ignored(Element value, std::string_view name) {
    return made_of_texts(value) || faults_.wrong(std::string(name), "as an answer showed it, or left out", value);
  }
  template <std::string model::Instance::*member>
  bool text(Element value, std::string_view name) {
    return read_text(value, name, out_.instance.*member, faults_);
  }

 private:
  bool same(Element value, std::string_view name, std::string_view of_path);
  bool refuse_id(std::string_view name);
  bool read_port(Element value, std::string_view name, model::Port& out);
  bool read_port_object(Element value, const std::string& path, model::Port& out);
  bool read_disabled(Element value, std::string_view name, model::Port& out);
  bool both_ports(std::string_view name);
  bool read_metadata(Element value, const std::string& path, model::Metadata& out);
  void fill_in();

  const RegistrationContext& context_;
  Registration out_;
  Faults faults_;
  bool port_given_ = false;
  bool reported_given_ = false;
};

struct Field {
  std::string_view name;
  bool (Reader::*read)(Element value, std::string_view name);
};

using model::Instance;
constexpr std::array fields{
    Field{"service", &Reader::service},
    Field{"id", &Reader::id},
    Field{"address", &Reader::address},
    Field{"host_name", &Reader::text<&Instance::host_name>},
    Field{"port", &Reader::port},
    Field{"disabled_port", &Reader::disabled_port},
    Field{"secure_port", &Reader::secure_port},
    Field{"disabled_secure_port", &Reader::disabled_secure_port},
    Field{"zone", &Reader::text<&Instance::zone>},
    Field{"status", &Reader::status},
    Field{"reported_status", &Reader::reported_status},
    Field{"metadata", &Reader::metadata},
    Field{"lease", &Reader::lease},
    Field{"vip_address", &Reader::text<&Instance::vip_address>},
    Field{"secure_vip_address", &Reader::text<&Instance::secure_vip_address>},
    Field{"home_page_url", &Reader::text<&Instance::home_page_url>},
    Field{"status_page_url", &Reader::text<&Instance::status_page_url>},
    Field{"health_check_url", &Reader::text<&Instance::health_check_url>},
    Field{"secure_health_check_url", &Reader::text<&Instance::secure_health_check_url>},
    Field{"app_group", &Reader::text<&Instance::app_group>},
    Field{"asg_name", &Reader::text<&Instance::asg_name>},
    Field{"sid", &Reader::text<&Instance::sid>},
    Field{"country_id", &Reader::country_id},
    Field{"data_center", &Reader::data_center},
    Field{"incarnation", &Reader::incarnation},
    Field{"override", &Reader::ignored},
    Field{"version", &Reader::ignored},
    Field{"registered_at", &Reader::ignored},
    Field{"updated_at", &Reader::ignored},
    Field{"up_since", &Reader::ignored},
    Field{"warnings", &Reader::ignored},
};

constexpr auto names = [] {
  std::array<std::string_view, fields.size()> out;
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = fields[i].name;
  return out;
}();

Read<Registration> Reader::read(Element root) {
  const bool read = read_object(root, "", names, faults_, [&](std::size_t index, Element value) {
    const Field& field = fields[index];
    // Null stands for a field that is not given; but a port that is null is none, whatever the id ends in.
    if (field.name == "port" || (field.name == "disabled_port" && !value.is_null())) port_given_ = true;
    return value.is_null() || (this->*field.read)(value, field.name);
  });
  if (!read) return faults_.take();
  fill_in();
  if (auto error = model::check_instance(out_.instance, context_.limits)) return std::move(*error);
  return std::move(out_);
}

/// A name that stands in the path may stand in the body, but must be the same.
bool Reader::same(Element value, std::string_view name, std::string_view of_path) {
  std::string text;
  if (!read_text(value, name, text, faults_)) return false;
  const bool equal = name == "service" ? model::equal_ignoring_case(text, of_path) : text == of_path;
  return equal || faults_.add(std::string(name), "is \"" + shown(text) + "\", but the path says \"" + shown(of_path) +
                                                     "\"; leave it out of the body, or make them equal");
}

bool Reader::refuse_id(std::string_view name) {
  return faults_.add(std::string(name),
                     "is picked by the server for a POST; to give one, PUT /v1/services/{service}/instances/{id}");
}

bool Reader::address(Element value, std::string_view name) {
  std::string_view text;
  if (value.get_string().get(text) == simdjson::SUCCESS && is_ip_address(text)) {
    out_.instance.address = text;
    out_.address_given = true;
    return true;
  }
  return faults_.wrong(std::string(name), "an IPv4 or IPv6 address (names go in host_name)", value);
}

bool Reader::status(Element value, std::string_view name) {
  model::Status read = model::Status::up;
  if (!read_status_name(value, name, read, faults_)) return false;
  if (!reported_given_) out_.status = read;
  return true;
}

bool Reader::reported_status(Element value, std::string_view name) {
  reported_given_ = true;
  return read_status_name(value, name, out_.status, faults_);
}

bool Reader::read_port(Element value, std::string_view name, model::Port& out) {
  std::uint64_t number = 0;
  if (value.is_object()) return read_port_object(value, std::string(name).append("."), out);
  if (!value.is_number()) return faults_.wrong(std::string(name), "a whole number from 1 to 65535, or null", value);
  if (!read_integer(value, name, 1, 65535, number, faults_)) return false;
  if (out.number != 0) return both_ports(name);
  out = {static_cast<std::uint16_t>(number), true};
  return true;
}

bool Reader::read_port_object(Element value, const std::string& path, model::Port& out) {
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

bool Reader::read_disabled(Element value, std::string_view name, model::Port& out) {
  std::uint64_t number = 0;
  if (!read_integer(value, name, 1, 65535, number, faults_)) return false;
  if (out.number != 0) return both_ports(name);
  out = {static_cast<std::uint16_t>(number), false};
  return true;
}

bool Reader::both_ports(std::string_view name) {
  return faults_.add(std::string(name), "cannot stand beside its other form: a port is either enabled or disabled");
}

bool Reader::read_metadata(Element value, const std::string& path, model::Metadata& out) {
  const std::string name = path.substr(0, path.size() - 1);
  simdjson::dom::object members;
  if (value.get_object().get(members) != simdjson::SUCCESS)
    return faults_.wrong(name, "a JSON object of keys and values", value);
  if (members.size() > context_.limits.metadata_entries)
    return faults_.add(name,
                       "has more than " + std::to_string(context_.limits.metadata_entries) + " entries; leave some out",
                       /*too_large=*/true);
  std::unordered_set<std::string_view> keys;
  for (const auto [key, item] : members) {
    const std::string field = metadata_field(path, key);
    if (!keys.insert(key).second) return faults_.add(field, "is given twice; give it once");
    auto& entry = out.emplace_back(std::string(key), std::string());
    if (!read_metadata_value(item, field, entry.second, faults_)) return false;
  }
  return true;
}

bool Reader::lease(Element value, std::string_view) {
  static constexpr std::array<std::string_view, 6> parts{"interval_s", "duration_s", "state",
                                                         "renewed_at", "expires_at", "expires_in_ms"};
  return read_object(value, "lease.", parts, faults_, [&](std::size_t index, Element part) {
    if (part.is_null()) return true;
    const std::string field = "lease." + std::string(parts[index]);
    double left = 0;
    if (index == 5 && part.get_double().get(left) == simdjson::SUCCESS && std::abs(left) < 0x1p53) return true;
    if (index > 1) return ignored(part, field);
    std::uint64_t seconds = 0;
    if (!read_integer(part, field, 1, lease_max_s, seconds, faults_)) return false;
    (index == 0 ? out_.lease.interval_s : out_.lease.duration_s) = static_cast<std::uint32_t>(seconds);
    return true;
  });
}

bool Reader::country_id(Element value, std::string_view name) {
  std::uint64_t number = 0;
  if (!read_integer(value, name, 0, std::numeric_limits<std::int32_t>::max(), number, faults_)) return false;
  out_.instance.country_id = static_cast<std::int32_t>(number);
  return true;
}

bool Reader::data_center(Element value, std::string_view) {
  static constexpr std::array<std::string_view, 2> parts{"name", "metadata"};
  Instance& instance = out_.instance;
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

void Reader::fill_in() {
  Instance& instance = out_.instance;
  if (instance.address.empty()) instance.address = context_.caller_address;
  if (instance.host_name.empty()) instance.host_name = instance.address;
  if (instance.vip_address.empty()) instance.vip_address = context_.service;
  if (instance.secure_vip_address.empty()) instance.secure_vip_address = context_.service;
  if (!port_given_ && context_.id)
    if (const auto number = port_of_id(*context_.id)) instance.port = {*number, true};
  instance.app_group = model::to_upper(instance.app_group);
}

}  // namespace

Read<Registration> read_registration(std::string_view body, const RegistrationContext& context) {
  Document document;
  if (auto error = document.parse(body, context.depth_max)) return *error;
  return Reader(context).read(document.root());
}

}  // namespace muster::v1
