#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <boost/asio/ip/tcp.hpp>

#include "server/net/peers/link.hpp"
#include "server/net/peers/peer_address.hpp"
#include "server/net/peers/status.hpp"

namespace muster::net {

struct DialOptions {
  std::chrono::milliseconds delay_min{200};  ///< after the first failure; doubled after each, jittered downwards
  std::chrono::milliseconds delay_max{3'000};
  std::chrono::milliseconds resolve_period{30'000};
  std::chrono::milliseconds resolve_retry{1'000};      ///< after a failure of the name or of an address that it has
  std::chrono::milliseconds ourselves_period{60'000};  ///< how long an address of this node itself is left alone
};

/// The list of peers, what its names resolve to, and what came of dialing there. Decides what to resolve and to dial
/// next; does neither, and is told the time.
///
/// The same list may stand on all nodes: this node may be in it, a node may be in it several times, and a name may
/// have the addresses of many nodes.
class AddressBook {
 public:
  using Time = std::chrono::milliseconds;
  using Endpoint = boost::asio::ip::tcp::endpoint;

  /// `random` returns numbers of [0, 1).
  AddressBook(DialOptions options, std::function<double()> random);

  /// Replaces the list. What is known of addresses that stay is kept, save which were this node's.
  void set(const std::vector<std::string>& list, Time now);

  /// Names whose addresses are wanted. Each is to be answered by resolved() before it is returned again.
  std::vector<PeerAddress> take_due_names(Time now);
  void resolved(const PeerAddress& name, const std::vector<Endpoint>& endpoints, const std::string& error, Time now);

  /// Where to dial. Each is to be answered by ended() before it is returned again.
  std::vector<Endpoint> take_due_endpoints(Time now);
  /// Who answers there.
  void identified(const Endpoint& endpoint, model::Origin origin);
  void came_up(const Endpoint& endpoint);
  void ended(const Endpoint& endpoint, const PeerLink::Ending& ending, Time lasted, Time now);

  /// A node has a link, whoever dialed: its addresses are not dialed.
  void node_up(model::Origin origin) { linked_[origin.node] = origin; }
  /// It has none any more: its addresses are dialed soon.
  void node_down(std::uint64_t node, Time now);

  /// Whether an address of the list leads to this node.
  bool lists(std::uint64_t node) const;
  bool has(const Endpoint& endpoint) const;
  /// Every name was resolved and every address tried once since it came in: lists() knows what it says.
  bool settled() const;

  std::vector<PeerAddressStatus> status() const;

 private:
  struct Entry {
    std::string text;
    std::variant<PeerAddress, std::string> parsed;  ///< or what is wrong with the text
  };
  struct Name {
    std::vector<Endpoint> endpoints;
    std::string error;
    Time next{0};
    bool under_way = false;
    bool resolved = false;  ///< or failed, once
  };
  struct Target {
    PeerState state = PeerState::connecting;
    std::string reason;
    std::optional<model::Origin> node;
    Time next{0};
    unsigned failures = 0;
    bool under_way = false;
    bool listed = true;
  };

  bool is_linked(const Target& target) const { return target.node && linked_.contains(target.node->node); }
  PeerEndpointStatus status_of(const Endpoint& endpoint, const Target& target) const;
  Time delay(unsigned failures);
  void list_targets(Time now);

  const DialOptions options_;
  const std::function<double()> random_;
  std::vector<Entry> entries_;
  std::map<std::pair<std::string, std::uint16_t>, Name> names_;
  std::map<Endpoint, Target> targets_;
  std::map<std::uint64_t, model::Origin> linked_;
};

}  // namespace muster::net
