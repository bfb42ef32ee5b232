#include "server/app/server.hpp"

#include <unistd.h>

#include <csignal>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <random>
#include <utility>

#include <boost/system/system_error.hpp>

#include "config/reload.hpp"
#include "server/app/clock.hpp"
#include "server/app/metrics.hpp"
#include "server/app/node_document.hpp"
#include "server/app/process.hpp"
#include "server/app/secret_file.hpp"
#include "server/app/settings_map.hpp"
#include "server/app/version.hpp"

namespace muster::app {
namespace {

/// Descriptors that are no connections: standard streams, the loop's own, the listener, the data directory, and room
/// for files that are read now and then.
constexpr std::size_t open_files_reserved = 64;
/// Beyond it the metrics' text, which is sorted by the size of services, is made in the background.
constexpr std::size_t services_on_loop_max = 1000;
constexpr std::size_t secret_file_bytes_max = 4096;

/// What goes to peers before connections of clients are closed has to leave within this.
constexpr std::chrono::milliseconds farewell_deadline{1'000};

/// The secret of the cluster, from wherever it is configured. Throws StartRefused.
std::string secret_of(const config::Cluster& cluster) {
  if (cluster.secret_file.empty()) return cluster.secret;
  std::ifstream in(cluster.secret_file, std::ios::binary);
  std::string text(secret_file_bytes_max, '\0');
  if (in) in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!in.is_open() || in.bad())
    throw StartRefused("cluster.secret_file " + cluster.secret_file +
                       " cannot be read; check the path and the rights of the user that musterd runs as");
  text.resize(static_cast<std::size_t>(in.gcount()));
  SecretFile read = parse_secret_file(text);
  if (!read.problem.empty()) throw StartRefused("cluster.secret_file " + cluster.secret_file + ": " + read.problem);
  return std::move(read.secret);
}

std::optional<Kept> kept_in(const std::optional<DataDirectory>& directory, const std::string& path, Log& log) {
  if (!directory) return std::nullopt;
  return read_kept(path, Clock::wall_ms(), log);
}

std::uint64_t random_seed() {
  std::random_device device;
  return std::uint64_t{device()} << 32 | device();
}

model::Origin begin_boot(std::optional<DataDirectory>& directory, const std::string& path) {
  if (path.empty()) return passing_identity(Clock::wall_ms());
  try {
    directory.emplace(path);
    return directory->begin_boot(Clock::wall_ms());
  } catch (const std::runtime_error& error) {
    throw StartRefused(error.what());
  }
}

/// An address to put into a URL that works on this machine.
std::string host_for_url(const std::string& address) {
  if (address == "0.0.0.0" || address == "::") return "127.0.0.1";
  return address.find(':') == std::string::npos ? address : "[" + address + "]";
}

}  // namespace

ListenAddress listen_address_of(const config::Settings& settings) {
  auto resolved = resolve_listen(settings.listen);
  if (const auto* problem = std::get_if<std::string>(&resolved)) throw StartRefused(*problem);
  auto listen = std::get<ListenAddress>(std::move(resolved));
  if (!listen.loopback && !settings.insecure)
    throw StartRefused(
        "listen: " + settings.listen +
        " can be reached from other machines, and there is no authentication yet: whoever reaches it can "
        "register and take out every instance. Listen on 127.0.0.1, or allow it by --insecure where the "
        "network keeps strangers out");
  return listen;
}

Server::Server(CommandLine command_line, config::Loaded configuration, Log& log)
    : command_line_(std::move(command_line)),
      configuration_(std::move(configuration)),
      log_(log),
      open_files_max_(raise_open_files()),
      started_ms_(Clock::wall_ms()),
      started_(Clock::monotonic()),
      listen_(listen_address_of(configuration_.settings)),
      loop_(1),
      origin_(begin_boot(data_directory_, configuration_.settings.data_dir)),
      facts_(loop_, log_, configuration_.settings.limits.events),
      kept_(kept_in(data_directory_, configuration_.settings.data_dir, log_)),
      registry_(loop_, core_settings_at_start(kept_ ? *kept_ : Kept{}), random_seed(), facts_,
                [this](core::Node& node) {
                  if (!kept_ || !kept_->found) return;
                  for (const core::KeyedRecord& item : kept_->records) node.restore(item);
                  node.restored(kept_->known, kept_->floors);
                }),
      background_(loop_, log_, configuration_.settings.http.long_answers),
      eureka_face_(registry_, background_, eureka_settings(configuration_.settings),
                   [this] { return cluster_ ? cluster_->replicas() : api::eureka::Replicas{}; }),
      v1_face_(registry_, background_, v1_settings(configuration_.settings),
               {.node = [this] { return node_document_now(); },
                .peers = [this] { return peers_document(cluster_facts()); },
                .diff = [this] { return diff_document(cluster_facts()); },
                .events = [this](const api::v1::EventQuery& query) { return facts_.events().document(query); }}),
      ops_face_({.ready = [this] { return ready(); },
                 .not_ready_reason = [this] { return std::string("the node is ") + state_name(); },
                 .metrics = [this](auto done) { tell_metrics(std::move(done)); }}),
      eureka_(eureka_face_),
      v1_(v1_face_),
      ops_(ops_face_),
      router_(eureka_, v1_, ops_),
      net_(loop_, router_, limits_within_open_files(),
           [this](const std::string& unusual) { log_->warn("{}", unusual); }),
      watch_(loop_),
      signals_(
          loop_, [this](int signal) { on_stop(signal); }, [this] { on_reload(); }) {
  kept_.reset();
}

Server::~Server() {
  net_.set_upgrades(nullptr);
  background_.stop();  // its jobs use the faces, which go first
}

ExitCode Server::run() {
  log_->info("starting version={} node={} boot={} data_dir={} config={}", version(), model::node_name(origin_.node),
             origin_.boot, config::quoted(configuration_.settings.data_dir), config::quoted(command_line_.config_path));
  start_listening();
  state_ = State::serving;
  join_cluster();
  loop_.run();
  facts_.flush();
  log_->info("stopped exit_code={}", static_cast<int>(exit_code_));
  return exit_code_;
}

void Server::start_listening() {
  try {
    net_.listen(listen_.address, listen_.port);
  } catch (const boost::system::system_error& error) {
    std::string what =
        "listen: " + configuration_.settings.listen + " cannot be listened on: " + error.code().message();
    if (error.code() == boost::asio::error::address_in_use)
      what += ". Another program has this port, maybe another musterd; stop it, or choose another port by --listen";
    throw StartRefused(what);
  }
  const std::chrono::duration<double, std::milli> took = Clock::monotonic() - started_;
  log_->info("listening address={} port={} start_ms={:.1f}", listen_.address, net_.port(), took.count());
  log_->info("try: curl -X PUT http://{}:{}/v1/services/demo/instances/a -d '{{}}'", host_for_url(listen_.address),
             net_.port());
}

void Server::join_cluster() {
  const config::Settings& settings = configuration_.settings;
  const auto tell = [this](core::NodeState state) {
    const std::chrono::duration<double, std::milli> took = Clock::monotonic() - started_;
    log_->info("state={} instances={} since_start_ms={:.1f}", core::to_string(state), registry_.gauges().instances,
               took.count());
    if (state == core::NodeState::ready && cluster_ && cluster_->expected() > 0 && !cluster_->linked())
      log_->warn("serving alone: none of {} other nodes could be joined; GET /v1/peers says why of each",
                 cluster_->expected());
    if (state == core::NodeState::warming)
      log_->warn("nothing is left of what this node served before: reads wait 30 s for its clients to register again");
  };
  if (!registry_.ready()) log_->info("state={}: reads answer 503 until READY", core::to_string(registry_.state()));
  registry_.on_state(tell);
  net::PeerIdentity identity;
  identity.origin = origin_;
  identity.cluster = settings.cluster.id;
  identity.secret = secret_of(settings.cluster);
  identity.version = version();
  identity.address = host_for_url(listen_.address) + ":" + std::to_string(net_.port());
  cluster_.emplace(loop_, std::move(identity), data_directory_.has_value(), registry_, log_);
  cluster_->on_expected([this] { reconfigure_registry(); });
  net_.set_upgrades(&cluster_->peers());
  cluster_->configure(settings.cluster);
  if (data_directory_) snapshots_.emplace(loop_, settings.data_dir, settings.snapshot.period, registry_, log_);
}

core::Settings Server::core_settings_at_start(const Kept& kept) const {
  core::Settings out = core_settings(configuration_.settings, origin_);
  out.served_before = kept.served_before;
  out.clock_mark = kept.clock_mark;
  return out;
}

ClusterFacts Server::cluster_facts() {
  ClusterFacts out;
  out.self = origin_;
  out.cluster = configuration_.settings.cluster.id;
  out.state = registry_.state();
  out.content = registry_.content_root();
  out.peers = registry_.peers_now();
  if (!cluster_) return out;
  out.expected = cluster_->expected();
  out.isolated = registry_.gauges().isolated;
  out.links = cluster_->peers().status();
  return out;
}

void Server::on_stop(int signal) {
  const char* name = signal == SIGINT ? "SIGINT" : "SIGTERM";
  if (state_ == State::draining) {
    log_->warn("stopping at once signal={} connections={}", name, net_.stats().open);
    exit_code_ = exit_failed;
    loop_.stop();
    return;
  }
  const auto deadline = configuration_.settings.shutdown.drain_deadline;
  log_->info("draining signal={} connections={} deadline_ms={}", name, net_.stats().open, deadline.count());
  state_ = State::draining;
  // Clients first: what their last requests write is to reach the peers.
  net_.drain(deadline, [this] { cluster_->drain(farewell_deadline, [this] { finish(); }); });
}

void Server::finish() {
  if (snapshots_) snapshots_->write_last();
  loop_.stop();
}

void Server::on_reload() {
  auto read = load_configuration(command_line_, ::environ);
  if (const auto* problems = std::get_if<config::Problems>(&read)) {
    for (const std::string& problem : *problems) log_->error("reload refused, nothing changed: {}", problem);
    return;
  }
  config::Reloaded reloaded = config::reload(configuration_, std::get<config::Loaded>(read));
  configuration_ = std::move(reloaded.effective);
  apply(configuration_.settings);
  cluster_->configure(configuration_.settings.cluster);
  for (const config::Change& change : reloaded.applied)
    log_->info("reloaded key={} before={} after={}", change.key->name, config::to_toml(change.before),
               config::to_toml(change.after));
  for (const config::Change& change : reloaded.needs_restart)
    log_->warn("reloaded key={} runs_with={} wants={}: takes effect after a restart", change.key->name,
               config::to_toml(change.before), config::to_toml(change.after));
  log_->info("reloaded changed={} needs_restart={}", reloaded.applied.size(), reloaded.needs_restart.size());
}

void Server::apply(const config::Settings& settings) {
  log_.set_level(settings.log.level);
  facts_.set_events_max(settings.limits.events);
  reconfigure_registry();
  eureka_face_.reconfigure(eureka_settings(settings));
  v1_face_.reconfigure(v1_settings(settings));
  net_.set_limits(limits_within_open_files());
  background_.set_jobs_max(settings.http.long_answers);
}

void Server::reconfigure_registry() {
  core::Settings core = core_settings(configuration_.settings, origin_);
  core.peers = cluster_->expected();
  registry_.reconfigure(core);
}

net::Limits Server::limits_within_open_files() const {
  net::Limits limits = net_limits(configuration_.settings);
  const std::size_t available = open_files_max_ > 2 * open_files_reserved
                                    ? open_files_max_ - open_files_reserved
                                    : std::max<std::size_t>(open_files_max_ / 2, 1);
  // Those who are refused need a descriptor too, until they have read why.
  const std::size_t served = available - std::min(limits.refused_kept, available / 8);
  if (limits.connections > served) {
    log_->info(
        "http.connections={} is more than the {} open files of this process leave; using {}. Raise the limit "
        "(ulimit -n, LimitNOFILE) for more",
        limits.connections, open_files_max_, served);
    limits.connections = served;
  }
  limits.refused_kept = std::min(limits.refused_kept, available - limits.connections);
  return limits;
}

const char* Server::state_name() const {
  switch (state_) {
    case State::starting:
      return "STARTING";
    case State::serving:
      return core::to_string(registry_.state()).data();
    case State::draining:
      return "DRAINING";
  }
  return "";
}

std::string Server::node_document_now() const {
  NodeFacts facts;
  facts.origin = origin_;
  facts.state = state_name();
  facts.clustered = cluster_ && !cluster_->alone();
  facts.started_ms = started_ms_;
  facts.address = listen_.address;
  facts.port = net_.port();
  return node_document(facts, configuration_);
}

MetricsSnapshot Server::metrics_now() {
  MetricsSnapshot now;
  now.counters = registry_.counters();
  now.gauges = registry_.gauges();
  now.facts = facts_.counts();
  now.services = registry_.services_now();
  now.self_preservation = registry_.self_preservation_now();
  now.net = net_.stats();
  now.faces = {{"eureka", eureka_.counts()}, {"v1", v1_.counts()}, {"ops", ops_.counts()}};
  now.process = process_figures();
  now.loop_lag = watch_.lag();
  now.background_jobs = background_.jobs();
  now.cluster = cluster_facts();
  if (cluster_) now.cluster_counts = cluster_->counts();
  if (snapshots_) now.snapshots = snapshots_->figures();
  now.ready = ready();
  now.started_ms = started_ms_;
  now.services_max = configuration_.settings.metrics.services;
  return now;
}

void Server::tell_metrics(std::function<void(std::string)> done) {
  auto now = std::make_shared<const MetricsSnapshot>(metrics_now());
  if (now->services->size > services_on_loop_max) {
    auto text = std::make_shared<std::string>();
    if (background_.run([now, text] { *text = metrics_text(*now); }, [text, done] { done(std::move(*text)); })) return;
  }
  done(metrics_text(*now));  // also when there is too much to do: that is when figures are wanted
}

}  // namespace muster::app
