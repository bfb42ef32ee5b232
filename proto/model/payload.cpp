#include "proto/model/payload.hpp"

#include <cassert>

// Layout: one format byte, then fields as {tag byte, varint length, bytes}, absent fields left out, in the order of
// tags. Numbers are varints inside a field; a metadata entry is two length-prefixed strings.
namespace muster::model {
namespace {

constexpr char format = 1;

enum Tag : std::uint8_t {
  tag_flags = 1,
  tag_port,
  tag_secure_port,
  tag_country,
  tag_host_name,
  tag_address,
  tag_zone,
  tag_vip,
  tag_secure_vip,
  tag_home_page,
  tag_status_page,
  tag_health_check,
  tag_secure_health_check,
  tag_app_group,
  tag_asg_name,
  tag_sid,
  tag_data_center,
  tag_data_center_metadata,
  tag_metadata,
};

constexpr std::uint64_t flag_id_given = 1;
constexpr std::uint64_t flag_coordinating = 2;

void put_varint(std::string& out, std::uint64_t value) {
  while (value >= 0x80) {
    out.push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<char>(value));
}

void put_text(std::string& out, std::string_view text) {
  put_varint(out, text.size());
  out.append(text);
}

void put_field(std::string& out, Tag tag, std::string_view text) {
  if (text.empty()) return;
  out.push_back(static_cast<char>(tag));
  put_text(out, text);
}

void put_number(std::string& out, Tag tag, std::uint64_t value) {
  std::string number;
  put_varint(number, value);
  put_field(out, tag, number);
}

void put_entries(std::string& out, Tag tag, const Metadata& entries) {
  for (const auto& [key, value] : entries) {
    std::string entry;
    entry.reserve(key.size() + value.size() + 10);
    put_text(entry, key);
    put_text(entry, value);
    put_field(out, tag, entry);
  }
}

std::uint64_t port_bits(Port port) {
  return std::uint64_t{port.number} << 1 | (port.enabled ? 1u : 0u);
}

/// A cursor over bytes that may be damaged: every read says whether it was possible.
struct Reader {
  std::string_view rest;

  bool varint(std::uint64_t& value) {
    value = 0;
    for (unsigned shift = 0; shift < 64 && !rest.empty(); shift += 7) {
      const auto byte = static_cast<std::uint8_t>(rest.front());
      rest.remove_prefix(1);
      value |= std::uint64_t{byte & 0x7fu} << shift;
      if (byte < 0x80) return true;
    }
    return false;
  }

  bool text(std::string_view& out) {
    std::uint64_t size = 0;
    if (!varint(size) || size > rest.size()) return false;
    out = rest.substr(0, size);
    rest.remove_prefix(size);
    return true;
  }
};

bool read_number(std::string_view field, std::uint64_t& value) {
  Reader reader{field};
  return reader.varint(value) && reader.rest.empty();
}

bool read_port(std::string_view field, Port& port) {
  std::uint64_t bits = 0;
  if (!read_number(field, bits) || bits > 0x1ffff) return false;
  port = Port{static_cast<std::uint16_t>(bits >> 1), (bits & 1) != 0};
  return true;
}

bool read_entry(std::string_view field, std::vector<std::pair<std::string_view, std::string_view>>& entries) {
  Reader reader{field};
  std::string_view key, value;
  if (!reader.text(key) || !reader.text(value) || !reader.rest.empty()) return false;
  entries.emplace_back(key, value);
  return true;
}

bool read_flags(std::string_view field, PayloadView& view) {
  std::uint64_t flags = 0;
  if (!read_number(field, flags)) return false;
  view.id_given = (flags & flag_id_given) != 0;
  view.coordinating = (flags & flag_coordinating) != 0;
  return true;
}

bool read_country(std::string_view field, PayloadView& view) {
  std::uint64_t value = 0;
  if (!read_number(field, value)) return false;
  view.country_id = static_cast<std::int32_t>(static_cast<std::uint32_t>(value));
  return true;
}

std::string_view* text_field(PayloadView& view, std::uint8_t tag) {
  switch (tag) {
    case tag_host_name:
      return &view.host_name;
    case tag_address:
      return &view.address;
    case tag_zone:
      return &view.zone;
    case tag_vip:
      return &view.vip_address;
    case tag_secure_vip:
      return &view.secure_vip_address;
    case tag_home_page:
      return &view.home_page_url;
    case tag_status_page:
      return &view.status_page_url;
    case tag_health_check:
      return &view.health_check_url;
    case tag_secure_health_check:
      return &view.secure_health_check_url;
    case tag_app_group:
      return &view.app_group;
    case tag_asg_name:
      return &view.asg_name;
    case tag_sid:
      return &view.sid;
    case tag_data_center:
      return &view.data_center;
    default:
      return nullptr;
  }
}

bool read_field(std::uint8_t tag, std::string_view field, PayloadView& view) {
  if (std::string_view* text = text_field(view, tag)) {
    *text = field;
    return true;
  }
  switch (tag) {
    case tag_flags:
      return read_flags(field, view);
    case tag_port:
      return read_port(field, view.port);
    case tag_secure_port:
      return read_port(field, view.secure_port);
    case tag_country:
      return read_country(field, view);
    case tag_data_center_metadata:
      return read_entry(field, view.data_center_metadata);
    case tag_metadata:
      return read_entry(field, view.metadata);
    default:
      return false;
  }
}

Metadata to_metadata(const std::vector<std::pair<std::string_view, std::string_view>>& entries) {
  Metadata out;
  out.reserve(entries.size());
  for (const auto& [key, value] : entries) out.emplace_back(key, value);
  return out;
}

}  // namespace

Payload pack(const Instance& instance) {
  std::string out;
  out.reserve(640);
  out.push_back(format);
  put_number(out, tag_flags, (instance.id_given ? flag_id_given : 0) | (instance.coordinating ? flag_coordinating : 0));
  put_number(out, tag_port, port_bits(instance.port));
  put_number(out, tag_secure_port, port_bits(instance.secure_port));
  put_number(out, tag_country, static_cast<std::uint32_t>(instance.country_id));
  put_field(out, tag_host_name, instance.host_name);
  put_field(out, tag_address, instance.address);
  put_field(out, tag_zone, instance.zone);
  put_field(out, tag_vip, instance.vip_address);
  put_field(out, tag_secure_vip, instance.secure_vip_address);
  put_field(out, tag_home_page, instance.home_page_url);
  put_field(out, tag_status_page, instance.status_page_url);
  put_field(out, tag_health_check, instance.health_check_url);
  put_field(out, tag_secure_health_check, instance.secure_health_check_url);
  put_field(out, tag_app_group, instance.app_group);
  put_field(out, tag_asg_name, instance.asg_name);
  put_field(out, tag_sid, instance.sid);
  put_field(out, tag_data_center, instance.data_center);
  put_entries(out, tag_data_center_metadata, instance.data_center_metadata);
  put_entries(out, tag_metadata, instance.metadata);
  return std::make_shared<const std::string>(std::string_view(out));  // a copy of the exact size: 100,000 of them stay
}

bool unpack(std::string_view bytes, PayloadView& view) {
  auto data_center_metadata = std::move(view.data_center_metadata);
  auto metadata = std::move(view.metadata);
  data_center_metadata.clear();
  metadata.clear();
  view = PayloadView{};
  view.data_center_metadata = std::move(data_center_metadata);
  view.metadata = std::move(metadata);

  if (bytes.empty() || bytes.front() != format) return false;
  Reader reader{bytes.substr(1)};
  while (!reader.rest.empty()) {
    const auto tag = static_cast<std::uint8_t>(reader.rest.front());
    reader.rest.remove_prefix(1);
    std::string_view field;
    if (!reader.text(field) || !read_field(tag, field, view)) return false;
  }
  return true;
}

Instance to_instance(std::string_view bytes) {
  PayloadView view;
  [[maybe_unused]] const bool good = unpack(bytes, view);
  assert(good);
  Instance out;
  out.id_given = view.id_given;
  out.coordinating = view.coordinating;
  out.port = view.port;
  out.secure_port = view.secure_port;
  out.country_id = view.country_id;
  out.host_name = view.host_name;
  out.address = view.address;
  out.zone = view.zone;
  out.vip_address = view.vip_address;
  out.secure_vip_address = view.secure_vip_address;
  out.home_page_url = view.home_page_url;
  out.status_page_url = view.status_page_url;
  out.health_check_url = view.health_check_url;
  out.secure_health_check_url = view.secure_health_check_url;
  out.app_group = view.app_group;
  out.asg_name = view.asg_name;
  out.sid = view.sid;
  out.data_center = view.data_center;
  out.data_center_metadata = to_metadata(view.data_center_metadata);
  out.metadata = to_metadata(view.metadata);
  return out;
}

std::string_view effective_zone(const PayloadView& view) {
  if (!view.zone.empty()) return view.zone;
  for (const auto& [key, value] : view.metadata)
    if (key == "zone") return value;
  for (const auto& [key, value] : view.data_center_metadata)
    if (key == "availability-zone") return value;
  return {};
}

}  // namespace muster::model
