#include "server/api/eureka/status_page.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdio>
#include <utility>

namespace muster::api::eureka {
namespace {

namespace dialect = muster::eureka;

using Fields = std::array<std::pair<std::string_view, std::string>, 5>;

std::string uptime_text(std::chrono::minutes uptime) {
  char text[32];
  const int length = std::snprintf(text, sizeof text, "%02lld:%02lld", static_cast<long long>(uptime.count() / 60),
                                   static_cast<long long>(uptime.count() % 60));
  return std::string(text, static_cast<std::size_t>(length));
}

Fields general_fields(const ServerStatus& status) {
  const std::uint64_t total = std::max<std::uint64_t>(status.memory_total_mb, 1);
  return {{{"num-of-cpus", std::to_string(status.processors)},
           {"total-avail-memory", std::to_string(status.memory_total_mb) + "mb"},
           {"current-memory-usage", std::to_string(status.memory_used_mb) + "mb (" +
                                        std::to_string(status.memory_used_mb * 100 / total) + "%)"},
           {"server-uptime", uptime_text(status.uptime)},
           {"environment", status.environment}}};
}

/// Each a list with commas; a trailing one, as the real server writes it, in the last two.
std::array<std::pair<std::string_view, std::string>, 3> replica_fields(const Replicas& replicas) {
  const auto list = [](const std::vector<std::string>& urls, bool trailing) {
    std::string out;
    for (const std::string& url : urls)
      out.append(out.empty() || trailing ? "" : ",").append(url).append(trailing ? "," : "");
    return out;
  };
  return {{{"registered-replicas", list(replicas.registered, false)},
           {"available-replicas", list(replicas.available, true)},
           {"unavailable-replicas", list(replicas.unavailable, true)}}};
}

/// This server as an instance: what a client needs to reach it again.
void write_self(std::string& out, const ServerStatus& status, Format format) {
  const std::string id = status.own_id.empty() ? status.host + ":" + std::to_string(status.port) : status.own_id;
  model::PayloadView payload;
  payload.host_name = status.host;
  payload.address = status.host;
  payload.port = {status.port, true};
  payload.secure_port = {443, false};
  payload.data_center = "MyOwn";
  payload.vip_address = "muster";
  payload.secure_vip_address = "muster";
  dialect::InstanceOut self;
  self.app = "MUSTER";
  self.id = id;
  self.payload = &payload;
  self.updated_ms = status.started_ms;
  self.dirty_ms = status.started_ms;
  dialect::write_instance(out, self, format, Shape::full);
}

std::string write_json(const ServerStatus& status) {
  std::string out = R"({"generalStats":{)";
  bool first = true;
  for (const auto& [name, value] : general_fields(status)) {
    if (value.empty()) continue;
    out.append(first ? "\"" : ",\"").append(name).append("\":\"");
    dialect::append_json_escaped(out, value);
    out.push_back('"');
    first = false;
  }
  out += R"(},"applicationStats":{)";
  first = true;
  for (const auto& [name, value] : replica_fields(status.replicas)) {
    out.append(first ? "\"" : ",\"").append(name).append("\":\"");
    dialect::append_json_escaped(out, value);
    out.push_back('"');
    first = false;
  }
  out += "},";
  out += R"("instanceInfo":)";
  write_self(out, status, Format::json);
  out += R"(,"healthy":true})";
  return out;
}

std::string write_xml(const ServerStatus& status) {
  std::string out = "<com.netflix.eureka.util.StatusInfo><generalStats>";
  for (const auto& [name, value] : general_fields(status)) {
    if (value.empty()) continue;
    out.append("<").append(name).append(">");
    dialect::append_xml_escaped(out, value);
    out.append("</").append(name).append(">");
  }
  out += "</generalStats><applicationStats>";
  for (const auto& [name, value] : replica_fields(status.replicas)) {
    out.append("<").append(name).append(">");
    dialect::append_xml_escaped(out, value);
    out.append("</").append(name).append(">");
  }
  out += "</applicationStats>";
  constexpr std::string_view open = "<instance>";
  constexpr std::string_view close = "</instance>";
  std::string self;
  write_self(self, status, Format::xml);
  out += "<instanceInfo>" + self.substr(open.size(), self.size() - open.size() - close.size()) + "</instanceInfo>";
  // The element is misspelled in the real server's answer, so in its readers as well.
  out += "<isHeathly>true</isHeathly></com.netflix.eureka.util.StatusInfo>";
  return out;
}

}  // namespace

std::string write_status(const ServerStatus& status, Format format) {
  return format == Format::json ? write_json(status) : write_xml(status);
}

void measure_process(ServerStatus& status) {
  constexpr std::uint64_t megabyte = 1 << 20;
  status.processors = sysconf(_SC_NPROCESSORS_ONLN);
  const long pages = sysconf(_SC_PHYS_PAGES);
  const long page_bytes = sysconf(_SC_PAGESIZE);
  if (pages > 0 && page_bytes > 0)
    status.memory_total_mb = static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(page_bytes) / megabyte;
  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) == 0) status.memory_used_mb = static_cast<std::uint64_t>(usage.ru_maxrss) / 1024;
}

void read_host(std::string_view header, ServerStatus& status) {
  const auto bracket = header.rfind(']');
  const auto colon = header.rfind(':');
  const bool has_port = colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
  status.port = 80;
  if (has_port) {
    const std::string_view digits = header.substr(colon + 1);
    std::from_chars(digits.data(), digits.data() + digits.size(), status.port);
    header = header.substr(0, colon);
  }
  status.host = header.empty() ? "localhost" : std::string(header);
}

}  // namespace muster::api::eureka
