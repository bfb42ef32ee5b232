#include "config/keys.hpp"

#include <charconv>
#include <chrono>
#include <concepts>
#include <limits>
#include <utility>

#include "config/endpoint.hpp"
#include "proto/model/ascii.hpp"

namespace muster::config {
namespace {

template <class T>
struct IsDuration : std::false_type {};
template <class Rep, class Period>
struct IsDuration<std::chrono::duration<Rep, Period>> : std::true_type {};

template <class T>
Value to_value(const T& member) {
  if constexpr (IsDuration<T>::value)
    return std::int64_t{member.count()};
  else if constexpr (std::integral<T> && !std::same_as<T, bool>)
    return static_cast<std::int64_t>(member);
  else
    return member;
}

template <class T>
void from_value(T& member, const Value& value) {
  if constexpr (IsDuration<T>::value)
    member = T(std::get<std::int64_t>(value));
  else if constexpr (std::integral<T> && !std::same_as<T, bool>)
    member = static_cast<T>(std::get<std::int64_t>(value));
  else
    member = std::get<T>(value);
}

struct Range {
  std::int64_t min = 0;
  std::int64_t max = 0;
};

/// A key whose value is the member of Settings at the end of `Path`.
template <auto... Path>
constexpr Key key(std::string_view name, Reload reload, Range range, std::string_view doc,
                  const char* (*refuse)(std::string_view) = nullptr, Shown shown = Shown::yes) {
  return Key{name,
             reload,
             range.min,
             range.max,
             refuse,
             doc,
             [](const Settings& settings) { return to_value((settings.*....*Path)); },
             [](Settings& settings, const Value& value) { from_value((settings.*....*Path), value); },
             shown};
}

const char* refuse_listen(std::string_view text) {
  if (parse_endpoint(text)) return nullptr;
  return "must be HOST:PORT, such as \"127.0.0.1:8761\", \"0.0.0.0:8761\" or \"[::1]:8761\"";
}

const char* refuse_level(std::string_view text) {
  for (const std::string_view level : {"trace", "debug", "info", "warn", "error"})
    if (text == level) return nullptr;
  return "must be one of trace, debug, info, warn, error";
}

const char* refuse_peer(std::string_view text) {
  constexpr const char* rule = "must be a URL or HOST[:PORT], such as \"http://10.0.0.2:8761\"";
  constexpr std::string_view http = "http://";
  const auto scheme_end = text.find("://");
  if (scheme_end != std::string_view::npos) {
    const std::string scheme = model::to_lower(text.substr(0, scheme_end + 3));
    if (scheme == "https://") return "must begin with http://: nodes do not speak TLS to each other yet";
    if (scheme != http) return rule;
    text.remove_prefix(http.size());
  }
  const std::string host(text.substr(0, text.find('/')));
  const bool with_port = parse_endpoint(host).has_value();
  const bool without_port = parse_endpoint(host + ":0").has_value();
  return (with_port || without_port) && !host.ends_with(":0") ? nullptr : rule;
}

const char* refuse_control(std::string_view text) {
  for (const char c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return "must not hold control characters";
  return nullptr;
}

const char* refuse_cluster(std::string_view text) {
  if (text.empty()) return "must not be empty";
  return refuse_control(text);
}

const char* refuse_secret(std::string_view text) {
  constexpr std::size_t shortest = 16;
  if (!text.empty() && text.size() < shortest) return "must have at least 16 bytes: a shorter one can be guessed";
  return refuse_control(text);
}

using S = Settings;
constexpr auto yes = Reload::yes;
constexpr auto no = Reload::no;
constexpr std::int64_t million = 1'000'000;
constexpr std::int64_t mebibyte = 1 << 20;
constexpr std::int64_t hour_ms = 3'600'000;
constexpr std::int64_t day_s = 86'400;
constexpr std::int64_t path_bytes = 4096;

constexpr Key table[] = {
    key<&S::listen>("listen", no, {0, 300}, "The address and port that the node serves on.", refuse_listen),
    key<&S::data_dir>("data_dir", no, {0, path_bytes}, "The directory in which the node keeps what survives a restart.",
                      refuse_control),
    key<&S::insecure>("insecure", no, {},
                      "Allows to listen on other than loopback although there is no authentication."),

    key<&S::cluster, &Cluster::peers>("cluster.peers", yes, {0, 64}, "The URLs of the nodes of the cluster.",
                                      refuse_peer),
    key<&S::cluster, &Cluster::peers_file>("cluster.peers_file", no, {0, path_bytes},
                                           "A file with further URLs of nodes, one a line.", refuse_control),
    key<&S::cluster, &Cluster::id>("cluster.id", no, {1, 255}, "The name of the cluster.", refuse_cluster),
    key<&S::cluster, &Cluster::secret>("cluster.secret", no, {0, 1024},
                                       "What the nodes of the cluster know and strangers do not.", refuse_secret,
                                       Shown::no),
    key<&S::cluster, &Cluster::secret_file>("cluster.secret_file", no, {0, path_bytes},
                                            "A file whose first line is the secret.", refuse_control),

    key<&S::snapshot, &Snapshot::period>("snapshot.period_ms", no, {100, hour_ms},
                                         "How often the registry is written to the data directory."),

    key<&S::log, &Log::level>("log.level", yes, {0, 8}, "The least important messages that are logged.", refuse_level),

    key<&S::shutdown, &Shutdown::drain_deadline>("shutdown.drain_deadline_ms", yes, {0, hour_ms},
                                                 "How long SIGTERM waits for requests under way."),

    key<&S::lease, &Lease::defaults, &model::LeaseTerms::interval_s>(
        "lease.interval_s", yes, {1, day_s}, "The renewal interval of a registration that names no lease."),
    key<&S::lease, &Lease::defaults, &model::LeaseTerms::duration_s>("lease.duration_s", yes, {2, day_s},
                                                                     "The lease of a registration that names none."),
    key<&S::lease, &Lease::duration_max_s>("lease.duration_max_s", yes, {1, 31 * day_s},
                                           "The longest lease that a registration gets; longer ones are cut to it."),
    key<&S::lease, &Lease::doubled_leases>(
        "lease.doubled_leases", yes, {}, "Lets an instance live two durations after its last renewal, as Eureka does."),

    key<&S::self_preservation, &SelfPreservation::enabled>(
        "self_preservation.enabled", yes, {}, "Whether instances that fail together are held instead of evicted."),
    key<&S::self_preservation, &SelfPreservation::instances_min>("self_preservation.instances_min", yes, {2, million},
                                                                 "Scopes with fewer instances are never held."),
    key<&S::self_preservation, &SelfPreservation::failing_min>("self_preservation.failing_min", yes, {1, million},
                                                               "Fewer failing leases never hold a scope."),
    key<&S::self_preservation, &SelfPreservation::failing_percent>(
        "self_preservation.failing_percent", yes, {1, 100}, "The share of failing leases above which a scope is held."),
    key<&S::self_preservation, &SelfPreservation::hold_max_service>(
        "self_preservation.hold_max_service_s", yes, {1, day_s}, "The longest hold of a single service."),
    key<&S::self_preservation, &SelfPreservation::hold_max_infrastructure>(
        "self_preservation.hold_max_infrastructure_s", yes, {1, day_s}, "The longest hold of a subnet, a zone or all."),

    key<&S::retention, &Retention::tombstone>("retention.tombstone_s", yes, {60, 7 * day_s},
                                              "How long the node remembers that an instance was taken out."),
    key<&S::retention, &Retention::change>("retention.change_s", yes, {1, day_s}, "How long a change stays in deltas."),

    key<&S::limits, &Limits::instances>("limits.instances", yes, {1, 10 * million}, "Instances registered at once."),
    key<&S::limits, &Limits::services>("limits.services", yes, {1, 10 * million}, "Services known at once"),
    key<&S::limits, &Limits::dormant_overrides>("limits.dormant_overrides", yes, {0, 10 * million},
                                                "Overrides whose instance is gone."),
    key<&S::limits, &Limits::tombstones>("limits.tombstones", yes, {1, 10 * million},
                                         "Tombstones kept; the oldest go first."),
    key<&S::limits, &Limits::changes>("limits.changes", yes, {1, 10 * million}, "Changes kept for deltas"),
    key<&S::limits, &Limits::events>("limits.events", yes, {0, 100'000},
                                     "Events kept for `GET /v1/events`; the oldest go first."),
    key<&S::limits, &Limits::overlay_entries>("limits.overlay_entries", yes, {0, 10'000},
                                              "Metadata keys patched from outside, an instance."),
    key<&S::limits, &Limits::overlay_bytes>("limits.overlay_bytes", yes, {0, 16 * mebibyte},
                                            "Keys and values of patched metadata together, an instance."),

    key<&S::instance, &model::InstanceLimits::service_name_bytes>("instance.service_name_bytes", yes, {1, 4096},
                                                                  "Length of a service name."),
    key<&S::instance, &model::InstanceLimits::instance_id_bytes>("instance.instance_id_bytes", yes, {1, 4096},
                                                                 "Length of an instance id."),
    key<&S::instance, &model::InstanceLimits::field_bytes>("instance.field_bytes", yes, {16, 65'536},
                                                           "Length of every other text but metadata."),
    key<&S::instance, &model::InstanceLimits::metadata_entries>("instance.metadata_entries", yes, {0, 10'000},
                                                                "Metadata entries of an instance."),
    key<&S::instance, &model::InstanceLimits::metadata_key_bytes>("instance.metadata_key_bytes", yes, {1, 4096},
                                                                  "Length of a metadata key."),
    key<&S::instance, &model::InstanceLimits::metadata_value_bytes>("instance.metadata_value_bytes", yes, {0, mebibyte},
                                                                    "Length of a metadata value."),
    key<&S::instance, &model::InstanceLimits::metadata_bytes>("instance.metadata_bytes", yes, {0, 16 * mebibyte},
                                                              "Metadata keys and values together, an instance."),

    key<&S::http, &Http::connections>("http.connections", yes, {1, million}, "Connections open at once."),
    key<&S::http, &Http::headers>("http.headers", yes, {8, 1000}, "Header lines of a request."),
    key<&S::http, &Http::header_bytes>("http.header_bytes", yes, {1024, mebibyte},
                                       "Request line and headers together."),
    key<&S::http, &Http::body_bytes>("http.body_bytes", yes, {1024, 1024 * mebibyte}, "A request body as it was sent."),
    key<&S::http, &Http::inflated_body_bytes>("http.inflated_body_bytes", yes, {1024, 1024 * mebibyte},
                                              "A request body after decompression."),
    key<&S::http, &Http::body_depth>("http.body_depth", yes, {4, 1000}, "Nesting of a JSON or XML body."),
    key<&S::http, &Http::unsent_bytes>("http.unsent_bytes", yes, {mebibyte, million* mebibyte},
                                       "Memory of answers that wait for their readers."),
    key<&S::http, &Http::long_answers>("http.long_answers", yes, {1, million},
                                       "Answers that wait to be encoded in the background."),
    key<&S::http, &Http::header_timeout>("http.header_timeout_ms", yes, {100, hour_ms},
                                         "From the first byte of a request to the end of its headers."),
    key<&S::http, &Http::body_timeout>("http.body_timeout_ms", yes, {100, hour_ms},
                                       "From the end of the headers to the end of the body."),
    key<&S::http, &Http::idle_timeout>("http.idle_timeout_ms", yes, {100, 24 * hour_ms},
                                       "How long a connection may wait between requests."),
    key<&S::http, &Http::write_timeout>("http.write_timeout_ms", yes, {100, hour_ms},
                                        "How long a reader may take no byte of its answer."),

    key<&S::eureka, &Eureka::delta>("eureka.delta", yes, {}, "Whether apps/delta is served on the Eureka face."),
    key<&S::eureka, &Eureka::environment>("eureka.environment", yes, {0, 255},
                                          "The environment name that Eureka clients are shown.", refuse_control),
    key<&S::eureka, &Eureka::own_id>("eureka.own_id", yes, {0, 512},
                                     "The instance id under which this node itself is registered.", refuse_control),

    key<&S::v1, &Native::renew_batch>("v1.renew_batch", yes, {1, million}, "Items of one POST /v1/renew."),
    key<&S::v1, &Native::reason_bytes>("v1.reason_bytes", yes, {1, 65'536}, "Length of the reason of a drain."),

    key<&S::metrics, &Metrics::services>("metrics.services", yes, {0, 100'000},
                                         "Services with a series of their own in /metrics."),
};

struct RangeText {
  const Key& key;
  std::string operator()(bool) const { return "true or false"; }
  std::string operator()(std::int64_t) const { return std::to_string(key.min) + " to " + std::to_string(key.max); }
  std::string operator()(const std::string&) const { return "a text of at most " + std::to_string(key.max) + " bytes"; }
  std::string operator()(const Texts&) const { return "a list of at most " + std::to_string(key.max) + " texts"; }
};

std::optional<std::string> refuse_text(const Key& key, std::string_view text) {
  if (key.refuse == nullptr) return std::nullopt;
  const char* rule = key.refuse(text);
  return rule == nullptr ? std::nullopt : std::optional<std::string>(rule);
}

Texts split(std::string_view text) {
  Texts out;
  while (!text.empty()) {
    const auto comma = text.find(',');
    std::string_view part = text.substr(0, comma);
    while (!part.empty() && part.front() == ' ') part.remove_prefix(1);
    while (!part.empty() && part.back() == ' ') part.remove_suffix(1);
    if (!part.empty()) out.emplace_back(part);
    text = comma == std::string_view::npos ? std::string_view{} : text.substr(comma + 1);
  }
  return out;
}

}  // namespace

std::span<const Key> keys() {
  return table;
}

const Key* find_key(std::string_view name) {
  for (const Key& key : table)
    if (key.name == name) return &key;
  return nullptr;
}

std::string environment_name(const Key& key) {
  std::string name = "MUSTER_";
  for (const char c : key.name) name += c == '.' ? '_' : model::upper(c);
  return name;
}

Value default_value(const Key& key) {
  return key.read(Settings{});
}

Value shown(const Key& key, const Value& value) {
  const auto* text = std::get_if<std::string>(&value);
  if (key.shown == Shown::yes || (text && text->empty())) return value;
  return std::string("(set)");
}

std::string range_text(const Key& key) {
  return std::visit(RangeText{key}, default_value(key));
}

std::optional<std::string> refusal(const Key& key, const Value& value) {
  const Value expected = default_value(key);
  if (expected.index() != value.index()) return "must be " + std::string(type_name(expected));
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    if (*number < key.min || *number > key.max) return "must be " + range_text(key);
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    if (text->size() > static_cast<std::size_t>(key.max)) return "must be " + range_text(key);
    return refuse_text(key, *text);
  } else if (const auto* texts = std::get_if<Texts>(&value)) {
    if (texts->size() > static_cast<std::size_t>(key.max)) return "must be " + range_text(key);
    for (const std::string& entry : *texts)
      if (auto rule = refuse_text(key, entry)) return "entry " + quoted(entry) + " " + *rule;
  }
  return std::nullopt;
}

std::optional<Value> parse_text(const Key& key, std::string_view text) {
  const Value expected = default_value(key);
  if (std::holds_alternative<bool>(expected)) {
    if (text == "true" || text == "1") return true;
    if (text == "false" || text == "0") return false;
    return std::nullopt;
  }
  if (std::holds_alternative<std::int64_t>(expected)) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
  }
  if (std::holds_alternative<Texts>(expected)) return split(text);
  return std::string(text);
}

}  // namespace muster::config
