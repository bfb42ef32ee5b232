#include "server/app/cluster.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>
#include <utility>

#include "proto/peer/decode.hpp"
#include "proto/peer/encode.hpp"
#include "server/app/peers_file.hpp"
#include "server/app/settings_map.hpp"

namespace muster::app {
namespace {

constexpr std::string_view lasting_capability = "lasting";  ///< the node has a data directory
constexpr std::chrono::milliseconds look_period{200};
constexpr unsigned looks_per_file = 10;
constexpr std::size_t told_refusals_max = 256;
constexpr unsigned isolated_looks_told_at = 15;  ///< three seconds: a start is not worth a word
constexpr std::size_t file_bytes_max = 64 * 1024;

net::PeerIdentity with_capabilities(net::PeerIdentity identity, bool lasting) {
  if (lasting) identity.capabilities.emplace_back(lasting_capability);
  return identity;
}

/// Endpoints of one entry of the list where nobody has answered yet, by family of addresses.
struct Unanswered {
  std::vector<std::string> endpoints;
  bool answered = false;  ///< another one of this family has been
};

}  // namespace

std::size_t expected_nodes(const std::vector<net::PeerAddressStatus>& addresses) {
  std::set<std::uint64_t> nodes;
  std::set<std::string> unknown;
  bool unresolved = false;
  for (const net::PeerAddressStatus& address : addresses) {
    if (address.state == net::PeerState::invalid) continue;
    unresolved = unresolved || address.endpoints.empty();
    Unanswered families[2];
    for (const net::PeerEndpointStatus& endpoint : address.endpoints) {
      Unanswered& family = families[endpoint.endpoint.starts_with('[') ? 1 : 0];
      const bool ourselves = endpoint.state == net::PeerState::ourselves;
      if (endpoint.node && !ourselves) nodes.insert(endpoint.node->node);
      if (endpoint.node || ourselves)
        family.answered = true;
      else
        family.endpoints.push_back(endpoint.endpoint);
    }
    const bool nobody = !families[0].answered && !families[1].answered;
    const bool sixth = families[1].endpoints.size() > families[0].endpoints.size();
    for (const int family : {0, 1})
      if (families[family].answered || (nobody && (family == 1) == sixth))
        unknown.insert(families[family].endpoints.begin(), families[family].endpoints.end());
  }
  return nodes.size() + unknown.size() + (unresolved ? 1 : 0);
}

Cluster::Cluster(boost::asio::io_context& loop, net::PeerIdentity identity, bool lasting, RegistryLoop& registry,
                 Log& log)
    : loop_(loop),
      registry_(registry),
      log_(log),
      peers_(loop, with_capabilities(std::move(identity), lasting), {}, *this),
      deadline_(loop),
      look_(loop) {
  registry_.set_voice(this);
  look_around();
}

Cluster::~Cluster() {
  registry_.set_voice(nullptr);
}

// --- the list of peers

void Cluster::configure(const config::Cluster& settings) {
  settings_ = settings;
  looks_ = 0;
  read_file();
  std::vector<std::string> addresses = settings_.peers;
  addresses.insert(addresses.end(), file_peers_.begin(), file_peers_.end());
  if (addresses != addresses_) {
    addresses_ = addresses;
    peers_.set_addresses(std::move(addresses));
  }
  count_expected();
}

void Cluster::look_around() {
  look_.expires_after(look_period);
  look_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    if (++looks_ % looks_per_file == 0 && !settings_.peers_file.empty()) {
      const std::string before = file_text_;
      read_file();
      if (file_text_ != before) configure(settings_);
    }
    count_expected();
    tell_isolation();
    look_around();
  });
}

void Cluster::tell_isolation() {
  isolated_looks_ = registry_.gauges().isolated ? isolated_looks_ + 1 : 0;
  const bool isolated = isolated_looks_ >= isolated_looks_told_at;
  if (isolated == isolated_) return;
  isolated_ = isolated;
  if (isolated)
    log_->warn("less than half of {} other nodes are heard: nothing is evicted until they are; see GET /v1/peers",
               expected());
  else
    log_->info("at least half of the other nodes are heard again");
}

void Cluster::read_file() {
  if (settings_.peers_file.empty()) {
    file_peers_.clear();
    return;
  }
  std::ifstream in(settings_.peers_file, std::ios::binary);
  std::string text;
  if (in) text.assign(std::istreambuf_iterator<char>(in), {});
  std::string problem;
  if (!in.is_open() || in.bad())
    problem = "cannot be read";
  else if (text.size() > file_bytes_max)
    problem = "is longer than 65536 bytes";
  if (!problem.empty()) {
    // The list that is known goes on: a file that is being replaced must not empty the cluster.
    if (problem != file_problem_)
      log_->warn("cluster.peers_file {} {}; the list read last stays. Give it one URL a line", settings_.peers_file,
                 problem);
    file_problem_ = problem;
    return;
  }
  file_problem_.clear();
  if (text == file_text_) return;
  PeersFile read = parse_peers_file(text);
  for (const std::string& each : read.problems) log_->warn("cluster.peers_file {} {}", settings_.peers_file, each);
  log_->info("read cluster.peers_file {} peers={}", settings_.peers_file, read.peers.size());
  file_text_ = std::move(text);
  file_peers_ = std::move(read.peers);
}

void Cluster::count_expected() {
  const std::size_t expected = expected_nodes(peers_.status().addresses);
  if (expected_ == expected) return;
  expected_ = expected;
  if (expected_changed_) expected_changed_();
}

api::eureka::Replicas Cluster::replicas() const {
  api::eureka::Replicas out;
  const auto url = [](const std::string& address) {
    const std::string with_scheme = address.find("://") == std::string::npos ? "http://" + address : address;
    const auto path = with_scheme.find('/', with_scheme.find("://") + 3);
    return path == std::string::npos || path + 1 == with_scheme.size() ? with_scheme.substr(0, path) + "/eureka/"
                                                                       : with_scheme;
  };
  for (const net::PeerAddressStatus& address : peers_.status().addresses) {
    if (address.state == net::PeerState::ourselves || address.state == net::PeerState::invalid) continue;
    out.registered.push_back(url(address.address));
    if (address.state == net::PeerState::connected)
      out.available.push_back(url(address.address));
    else if (address.state == net::PeerState::unavailable)
      out.unavailable.push_back(url(address.address));
  }
  return out;
}

// --- what is said

void Cluster::say(std::vector<core::Outgoing> messages) {
  for (const core::Outgoing& outgoing : messages) {
    if (links_.empty()) return;
    const bool write = std::holds_alternative<peer::Changes>(outgoing.message) && !outgoing.to;
    if (outgoing.to && !links_.contains(*outgoing.to)) continue;
    const auto bytes = std::make_shared<const std::string>(peer::encode(outgoing.message));
    if (write) ++writes_;
    if (outgoing.to) {
      send(*outgoing.to, links_.at(*outgoing.to), bytes, false);
    } else {
      for (auto& [origin, link] : links_) send(origin, link, bytes, write);
    }
  }
}

void Cluster::send(const model::Origin& to, Link& link, const net::Message& bytes, bool write) {
  const auto number = peers_.send(to, bytes);
  if (number && write) link.untaken.push_back({*number, writes_});
}

bool Cluster::somebody_takes() const {
  return std::any_of(links_.begin(), links_.end(), [](const auto& item) { return !item.second.slow; });
}

void Cluster::when_taken(std::function<void()> done) {
  if (!somebody_takes()) {
    if (!links_.empty()) ++counts_.writes_untaken;
    return done();
  }
  waiting_.push_back({writes_, std::chrono::steady_clock::now() + taken_patience, std::move(done)});
  await_deadline();
}

void Cluster::await_deadline() {
  if (deadline_set_ || waiting_.empty()) return;
  deadline_set_ = true;
  deadline_.expires_at(waiting_.front().until);
  deadline_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    deadline_set_ = false;
    const auto now = std::chrono::steady_clock::now();
    while (!waiting_.empty() && waiting_.front().until <= now) {
      for (auto& [origin, link] : links_) link.slow = link.slow || !link.untaken.empty();
      ++counts_.writes_untaken;
      const auto done = std::move(waiting_.front().done);
      waiting_.pop_front();
      done();
    }
    await_deadline();
  });
}

/// Clients that waited for this write or an earlier one get their answers.
void Cluster::release(std::uint64_t write) {
  while (!waiting_.empty() && waiting_.front().write <= write) {
    const auto done = std::move(waiting_.front().done);
    waiting_.pop_front();
    done();
  }
}

// --- what comes from the links

void Cluster::peer_up(const net::PeerInfo& peer) {
  const auto& can = peer.capabilities;
  const bool lasting = std::find(can.begin(), can.end(), lasting_capability) != can.end();
  log_->info("peer up node={} boot={} address={} remote={} version={} dialed={}", model::node_name(peer.origin.node),
             peer.origin.boot, peer.address, peer.remote, peer.version, peer.dialed);
  links_[peer.origin] = Link{};
  registry_.tell(core::PeerUp{peer.origin, lasting});
}

void Cluster::peer_down(model::Origin origin, const std::string& reason) {
  log_->info("peer down node={} boot={} reason={}", model::node_name(origin.node), origin.boot, reason);
  links_.erase(origin);
  registry_.tell(core::PeerDown{origin});
  if (links_.empty()) release(writes_);
}

void Cluster::peer_said(model::Origin origin, std::string_view message) {
  auto decoded = peer::decode(message, widest_limits());
  if (auto* said = std::get_if<peer::Message>(&decoded)) {
    registry_.tell(core::PeerSaid{origin, std::move(*said)});
  } else if (const auto* refused = std::get_if<peer::Refused>(&decoded)) {
    if (counts_.messages_refused++ == 0)
      log_->error(
          "a message of node {} cannot be read: {}; counted in muster_peer_messages_refused_total from now on. Are the "
          "versions of all nodes known to work together?",
          model::node_name(origin.node), refused->problem);
  } else {
    ++counts_.kinds_unknown;
  }
}

void Cluster::peer_took(model::Origin origin) {
  const auto place = links_.find(origin);
  if (place == links_.end()) return;
  Link& link = place->second;
  link.slow = false;
  const std::uint64_t taken = peers_.taken(origin);
  std::uint64_t write = 0;
  while (!link.untaken.empty() && link.untaken.front().number <= taken) {
    write = link.untaken.front().write;
    link.untaken.pop_front();
  }
  if (write) release(write);
}

void Cluster::peer_refused(const std::string& remote, const std::string& reason) {
  const auto listed = [&](const net::PeerAddressStatus& address) {
    return std::any_of(address.endpoints.begin(), address.endpoints.end(),
                       [&](const auto& endpoint) { return endpoint.endpoint == remote; });
  };
  const auto addresses = peers_.status().addresses;
  // What strangers cause is no news. What a setting of this cluster causes is, once for each address and reason.
  const bool news = std::any_of(addresses.begin(), addresses.end(), listed) &&
                    told_refusals_.size() < told_refusals_max && told_refusals_.emplace(remote, reason).second;
  if (news)
    log_->warn("peer refused remote={} reason={}; it is tried again and again, this is told once", remote, reason);
  else
    log_->debug("peer refused remote={} reason={}", remote, reason);
}

void Cluster::drain(std::chrono::milliseconds deadline, std::function<void()> done) {
  look_.cancel();
  peers_.drain(deadline, std::move(done));
}

}  // namespace muster::app
