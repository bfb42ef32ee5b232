#include "server/app/metrics.hpp"

#include <algorithm>
#include <initializer_list>

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include "server/app/version.hpp"

namespace muster::app {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

using Label = std::pair<std::string_view, std::string_view>;

/// Stands for all services that have no series of their own. A service of this very name is counted there too.
constexpr std::string_view other_services = "other";

class Families {
 public:
  void begin(const char* name, const char* help, MetricType type) {
    families_.push_back(MetricFamily{name, help, type, {}});
  }

  void add(std::initializer_list<Label> labels, double value) {
    ClientMetric metric;
    for (const auto& [name, text] : labels)
      metric.label.push_back(ClientMetric::Label{std::string(name), std::string(text)});
    if (families_.back().type == MetricType::Counter)
      metric.counter.value = value;
    else
      metric.gauge.value = value;
    families_.back().metric.push_back(std::move(metric));
  }

  template <class Number>
  void counter(const char* name, const char* help, Number value) {
    begin(name, help, MetricType::Counter);
    add({}, static_cast<double>(value));
  }

  template <class Number>
  void gauge(const char* name, const char* help, Number value) {
    begin(name, help, MetricType::Gauge);
    add({}, static_cast<double>(value));
  }

  std::string text() const { return prometheus::TextSerializer().Serialize(families_); }

 private:
  std::vector<MetricFamily> families_;
};

void add_statuses(Families& out, std::string_view service, const core::StatusCounts& counts) {
  for (std::size_t i = 0; i < counts.size(); ++i)
    if (counts[i] > 0)
      out.add({{"service", service}, {"status", model::to_string(static_cast<model::Status>(i))}},
              static_cast<double>(counts[i]));
}

/// The largest services one by one, the rest together, so that nobody can grow the number of series by making up names.
void add_instances(Families& out, const core::ServicesView& all, std::size_t services_max) {
  out.begin("muster_instances", "Live instances by service and visible status; small services together as \"other\".",
            MetricType::Gauge);
  std::vector<const core::ServiceSummary*> services;
  core::StatusCounts rest{};
  for (const core::ServicesView::Group& group : all.groups) {
    for (const core::ServiceSummary& service : *group) {
      if (service.size == 0) continue;
      if (*service.name == other_services)
        for (std::size_t i = 0; i < rest.size(); ++i) rest[i] += service.counts[i];
      else
        services.push_back(&service);
    }
  }
  const auto shown = static_cast<std::ptrdiff_t>(std::min(services_max, services.size()));
  std::partial_sort(services.begin(), services.begin() + shown, services.end(), [](const auto* a, const auto* b) {
    return a->size != b->size ? a->size > b->size : *a->name < *b->name;
  });
  for (std::ptrdiff_t i = 0; i < shown; ++i)
    add_statuses(out, *services[static_cast<std::size_t>(i)]->name, services[static_cast<std::size_t>(i)]->counts);
  for (std::size_t k = static_cast<std::size_t>(shown); k < services.size(); ++k)
    for (std::size_t i = 0; i < rest.size(); ++i) rest[i] += services[k]->counts[i];
  add_statuses(out, other_services, rest);
}

void add_registry(Families& out, const MetricsSnapshot& now) {
  add_instances(out, *now.services, now.services_max);
  out.gauge("muster_services", "Services with live instances.", now.gauges.services);
  out.gauge("muster_late_instances", "Instances whose renewal is late.", now.gauges.late);
  out.gauge("muster_held_instances", "Instances that self-preservation holds.", now.gauges.held);
  out.gauge("muster_tombstones", "Tombstones kept.", now.gauges.tombstones);
  out.gauge("muster_dormant_overrides", "Overrides whose instance is gone.", now.gauges.dormant_overrides);
  out.gauge("muster_delta_changes", "Changes kept for deltas.", now.gauges.changes);
  out.counter("muster_registrations_total", "Registrations accepted, equal ones included.", now.counters.registrations);
  out.counter("muster_renewals_total", "Renewals of live instances.", now.counters.renewals);
  out.counter("muster_unknown_renewals_total", "Renewals of instances that are not registered.",
              now.counters.renewals_unknown);
  out.counter("muster_cancels_total", "Instances that their owner took out.", now.counters.cancels);
  out.begin("muster_evictions_total", "Instances that the registry took out, by cause.", MetricType::Counter);
  for (const core::Cause cause : {core::Cause::expired, core::Cause::hold_expired, core::Cause::hold_released})
    out.add({{"cause", core::to_string(cause)}}, static_cast<double>(now.facts[static_cast<std::size_t>(cause)]));
  out.counter("muster_pauses_total", "Times the node itself stood still and extended its leases.", now.counters.pauses);
}

void add_self_preservation(Families& out, const core::SelfPreservationView& view) {
  out.gauge("muster_self_preservation_enabled", "Whether instances that fail together are held.", view.enabled ? 1 : 0);
  out.begin("muster_self_preservation_holds", "Scopes held now, by kind.", MetricType::Gauge);
  for (const core::ScopeKind kind : core::scope_kinds) {
    const auto count =
        std::count_if(view.holds.begin(), view.holds.end(), [&](const core::Hold& hold) { return hold.kind == kind; });
    out.add({{"kind", core::to_string(kind)}}, static_cast<double>(count));
  }
}

void add_http(Families& out, const MetricsSnapshot& now) {
  constexpr std::string_view classes[] = {"", "1xx", "2xx", "3xx", "4xx", "5xx"};
  out.begin("muster_http_requests_total", "Requests answered, by face and class of status.", MetricType::Counter);
  for (const auto& [face, counts] : now.faces)
    for (std::size_t digit = 2; digit < counts.size(); ++digit)
      out.add({{"face", face}, {"code", classes[digit]}}, static_cast<double>(counts[digit]));
  out.gauge("muster_http_connections", "Connections open now.", now.net.open);
  out.counter("muster_http_connections_accepted_total", "Connections served.", now.net.accepted);
  out.counter("muster_http_connections_refused_total", "Connections refused because there were too many.",
              now.net.refused_full);
  out.counter("muster_http_accept_errors_total", "Failures to accept, such as running out of file descriptors.",
              now.net.accept_errors);
  out.counter("muster_http_malformed_requests_total", "Requests refused before they reached a face.",
              now.net.malformed);
  out.begin("muster_http_timeouts_total", "Connections cut for being slow, by what they were slow at.",
            MetricType::Counter);
  out.add({{"phase", "header"}}, static_cast<double>(now.net.header_timeouts));
  out.add({{"phase", "body"}}, static_cast<double>(now.net.body_timeouts));
  out.add({{"phase", "write"}}, static_cast<double>(now.net.write_timeouts));
  out.gauge("muster_http_unsent_bytes", "Memory of answers that wait for their readers.", now.net.unsent_bytes);
  out.counter("muster_http_readers_cut_total", "Readers cut because unsent answers took too much memory.",
              now.net.cut_for_space);
  out.counter("muster_http_handler_exceptions_total", "Requests that failed by a fault of this program.",
              now.net.handler_exceptions);
}

double flag(bool value) {
  return value ? 1 : 0;
}

void add_peers(Families& out, const ClusterFacts& cluster) {
  const auto each = [&](const char* name, const char* help, auto&& value) {
    out.begin(name, help, MetricType::Gauge);
    for (const core::PeerView& peer : cluster.peers)
      out.add({{"peer", model::node_name(peer.origin.node)}}, static_cast<double>(value(peer)));
  };
  each("muster_peer_linked", "Whether there is a link to this node.",
       [](const auto& peer) { return flag(peer.linked); });
  each("muster_peer_heard_seconds", "Since anything of this node came, on any path.",
       [](const auto& peer) { return static_cast<double>(peer.last_heard.count()) / 1e6; });
  each("muster_peer_ready", "Whether it says that its reads are open.",
       [](const auto& peer) { return flag(peer.ready); });
  each("muster_peer_equal", "Whether it had the same registry at its last beacon.",
       [](const auto& peer) { return flag(peer.equal); });
  each("muster_peer_leases", "Leases that it says it holds.", [](const auto& peer) { return peer.holds; });
  each("muster_peer_differing_records", "Records that differed when both were last compared.",
       [](const auto& peer) { return peer.comparison ? peer.comparison->differing : 0; });
}

void add_links(Families& out, const net::PeersStatus& status) {
  const auto each = [&](const char* name, const char* help, MetricType type, auto&& value) {
    out.begin(name, help, type);
    for (const net::PeerLinkStatus& link : status.links)
      out.add({{"peer", model::node_name(link.origin.node)}}, static_cast<double>(value(link)));
  };
  each("muster_link_queue_bytes", "Messages that wait for the socket.", MetricType::Gauge,
       [](const auto& link) { return link.queue_bytes; });
  each("muster_link_sent_bytes_total", "Bytes sent since the link came up.", MetricType::Counter,
       [](const auto& link) { return link.counts.bytes_out; });
  each("muster_link_received_bytes_total", "Bytes received since the link came up.", MetricType::Counter,
       [](const auto& link) { return link.counts.bytes_in; });
}

void add_cluster(Families& out, const MetricsSnapshot& now) {
  out.gauge("muster_peers_expected", "Other nodes that the list of peers names.", now.cluster.expected);
  out.gauge("muster_peers_linked", "Other nodes that have a link to this one.", now.cluster.links.links.size());
  out.gauge("muster_isolated", "1 while it hears less than half of the other nodes, and evicts nothing.",
            now.gauges.isolated ? 1 : 0);
  out.begin("muster_state", "1 for the state that this node is in.", MetricType::Gauge);
  for (const auto state :
       {core::NodeState::cold, core::NodeState::syncing, core::NodeState::warming, core::NodeState::ready})
    out.add({{"state", core::to_string(state)}}, flag(state == now.cluster.state));
  add_peers(out, now.cluster);
  add_links(out, now.cluster.links);
  out.counter("muster_comparisons_total", "Comparisons with peers that this node began.", now.counters.scrubs);
  out.counter("muster_mended_records_total", "Records that comparing brought from peers.", now.counters.mended);
  out.counter("muster_defended_leases_total", "Evictions by other nodes of what renews here.", now.counters.defended);
  out.counter("muster_peer_messages_refused_total", "Messages of peers that could not be read.",
              now.cluster_counts.messages_refused);
  out.counter("muster_peer_messages_unknown_total", "Messages of kinds that only later versions know.",
              now.cluster_counts.kinds_unknown);
  out.counter("muster_writes_untaken_total", "Writes answered before any peer's socket had taken them.",
              now.cluster_counts.writes_untaken);
  if (!now.snapshots) return;
  out.counter("muster_snapshots_total", "Snapshots written.", now.snapshots->written);
  out.counter("muster_snapshot_failures_total", "Snapshots that could not be written.", now.snapshots->failed);
  out.gauge("muster_snapshot_bytes", "Size of the last snapshot.", now.snapshots->bytes);
  out.gauge("muster_snapshot_time_seconds", "When the last snapshot was written, in seconds since 1970; 0: none yet.",
            static_cast<double>(now.snapshots->written_ms) / 1000);
}

void add_process(Families& out, const MetricsSnapshot& now) {
  out.gauge("muster_ready", "Whether /readyz answers 200.", now.ready ? 1 : 0);
  out.gauge("muster_loop_lag_seconds", "Largest delay of the loop in about the last minute.",
            static_cast<double>(now.loop_lag.count()) / 1e6);
  out.gauge("muster_background_jobs", "Encodings that wait or are under way.", now.background_jobs);
  out.begin("muster_build_info", "Always 1; the labels say what runs.", MetricType::Gauge);
  out.add({{"version", version()}, {"build", build()}}, 1);
  out.gauge("process_resident_memory_bytes", "Resident memory.", now.process.resident_bytes);
  out.gauge("process_open_fds", "Open file descriptors.", now.process.open_files);
  out.gauge("process_max_fds", "Most file descriptors that may be open.", now.process.open_files_max);
  out.counter("process_cpu_seconds_total", "Processor time used.", now.process.processor_seconds);
  out.gauge("process_start_time_seconds", "Start of the process, in seconds since 1970.",
            static_cast<double>(now.started_ms) / 1000);
}

}  // namespace

std::string metrics_text(const MetricsSnapshot& snapshot) {
  Families families;
  add_registry(families, snapshot);
  add_self_preservation(families, snapshot.self_preservation);
  add_cluster(families, snapshot);
  add_http(families, snapshot);
  add_process(families, snapshot);
  return families.text();
}

}  // namespace muster::app
