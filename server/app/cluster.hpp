#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "config/settings.hpp"
#include "server/api/eureka/status_page.hpp"
#include "server/app/log.hpp"
#include "server/app/registry_loop.hpp"
#include "server/net/peers/peers.hpp"

namespace muster::app {

/// Counts since start, for /metrics.
struct ClusterCounts {
  std::uint64_t messages_refused = 0;  ///< of peers, that could not be read
  std::uint64_t kinds_unknown = 0;     ///< of later versions
  std::uint64_t writes_untaken = 0;    ///< answered although no peer's socket had taken them in time
};

/// The other nodes that a list names, as far as is known: each that has answered once, however many addresses it has,
/// and each address where nobody has. A name that has addresses of both families usually answers at one of them: those
/// of the family that nobody answers at are no further nodes.
std::size_t expected_nodes(const std::vector<net::PeerAddressStatus>& addresses);

/// Joins the core's messages to the links of the other nodes: encodes them once for all links, decodes what comes, and
/// tells when a write has left this machine. Keeps the list of peers as the configuration and its file say. Lives on
/// the registry loop.
class Cluster final : public net::Peers::Owner, public Voice {
 public:
  /// How long a client waits at most until one peer's socket has taken its write.
  static constexpr std::chrono::milliseconds taken_patience{20};

  /// `registry` outlives this. `lasting`: this node has a data directory. Throws std::invalid_argument.
  Cluster(boost::asio::io_context& loop, net::PeerIdentity identity, bool lasting, RegistryLoop& registry, Log& log);
  ~Cluster();

  net::Peers& peers() { return peers_; }
  /// Replaces the list; `file` is read again when it changes.
  void configure(const config::Cluster& settings);
  /// Called when the number of other nodes that the list names has changed.
  void on_expected(std::function<void()> changed) { expected_changed_ = std::move(changed); }
  std::size_t expected() const { return expected_.value_or(0); }
  bool alone() const { return addresses_.empty(); }
  bool linked() const { return !links_.empty(); }
  void drain(std::chrono::milliseconds deadline, std::function<void()> done);

  api::eureka::Replicas replicas() const;
  const ClusterCounts& counts() const { return counts_; }

  // Voice
  void say(std::vector<core::Outgoing> messages) override;
  void when_taken(std::function<void()> done) override;

 private:
  struct Sent {
    std::uint64_t number;  ///< of the link
    std::uint64_t write;
  };
  struct Link {
    std::deque<Sent> untaken;
    bool slow = false;  ///< clients have waited for it in vain: it is not waited for until it takes something
  };
  struct Waiting {
    std::uint64_t write;
    std::chrono::steady_clock::time_point until;
    std::function<void()> done;
  };

  // net::Peers::Owner
  void peer_up(const net::PeerInfo& peer) override;
  void peer_down(model::Origin origin, const std::string& reason) override;
  void peer_said(model::Origin origin, std::string_view message) override;
  void peer_took(model::Origin origin) override;
  void peer_refused(const std::string& remote, const std::string& reason) override;

  void send(const model::Origin& to, Link& link, const net::Message& bytes, bool write);
  bool somebody_takes() const;
  void release(std::uint64_t write);
  void await_deadline();
  void look_around();
  void tell_isolation();
  void read_file();
  void count_expected();

  boost::asio::io_context& loop_;
  RegistryLoop& registry_;
  Log& log_;
  net::Peers peers_;
  std::map<model::Origin, Link> links_;
  std::uint64_t writes_ = 0;
  std::deque<Waiting> waiting_;  ///< in the order of writes and deadlines
  boost::asio::steady_timer deadline_;
  bool deadline_set_ = false;
  boost::asio::steady_timer look_;
  config::Cluster settings_;
  std::vector<std::string> file_peers_;
  std::string file_text_;
  std::string file_problem_;
  std::vector<std::string> addresses_;
  std::optional<std::size_t> expected_;  ///< none: not counted yet
  unsigned looks_ = 0;
  bool isolated_ = false;
  unsigned isolated_looks_ = 0;
  std::set<std::pair<std::string, std::string>> told_refusals_;  ///< addresses in the list, with the reasons
  std::function<void()> expected_changed_;
  ClusterCounts counts_;
};

}  // namespace muster::app
