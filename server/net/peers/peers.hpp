#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "proto/model/version.hpp"
#include "server/net/peers/address_book.hpp"
#include "server/net/peers/items.hpp"
#include "server/net/peers/link.hpp"
#include "server/net/peers/status.hpp"
#include "server/net/upgrade.hpp"

namespace muster::net {

/// What this node says of itself.
struct PeerIdentity {
  model::Origin origin;
  std::string cluster = "muster";         ///< nodes of another are refused; at most peer::cluster_bytes_max
  std::string secret;                     ///< empty: none, and peers must have none; never sent
  std::string version;                    ///< of the program
  std::string address;                    ///< under which it serves, for people; may be empty
  std::vector<std::string> capabilities;  ///< what it can do beyond the protocol
};

struct PeerOptions {
  LinkOptions link;
  DialOptions dial;
  /// Connections of other nodes, trusted or not yet. One more takes the place of the oldest that is not; where all are,
  /// it is answered 503.
  std::size_t accepted_max = 32;
};

/// A node that has a link.
struct PeerInfo {
  model::Origin origin;
  std::string address;  ///< as PeerIdentity::address of the other side
  std::string version;
  std::vector<std::string> capabilities;
  std::string remote;   ///< its IP address
  bool dialed = false;  ///< by this node
};

/// The links to the other nodes of the cluster: dials those of a list, takes those that dial this node, and keeps
/// exactly one link for each pair of nodes. Lives on its loop: every member is called there.
///
/// Of two links of one pair both ends keep the one dialed by the node with the lower id; of two that the same node
/// dialed the newer; and a newer boot of a node replaces an older one.
class Peers final : public Upgrades {
 public:
  /// Called on the loop, never from within a call of Peers. May call any member, but must not destroy the Peers.
  struct Owner {
    /// From now on messages pass. A link that replaces another of the node comes after the peer_down of that.
    virtual void peer_up(const PeerInfo& peer) = 0;
    /// Messages that were sent and not taken are lost, and numbers of send() begin anew. `reason` is for people.
    virtual void peer_down(model::Origin origin, const std::string& reason) = 0;
    /// One whole message. Its bytes stay during the call only.
    virtual void peer_said(model::Origin origin, std::string_view message) = 0;
    /// taken(origin) has advanced.
    virtual void peer_took(model::Origin origin) = 0;
    /// A connection that was never up was refused, by one of both sides; not where that settled which link to keep.
    /// Strangers can cause it at will, and a wrong setting causes it at every attempt: no more than debug in a log.
    /// `remote` is an IP address, perhaps with a port.
    virtual void peer_refused(const std::string& remote, const std::string& reason) = 0;

   protected:
    ~Owner() = default;
  };

  /// Begins with an empty list. `owner` outlives it. Throws std::invalid_argument when a text of `identity` is longer
  /// than peers would take.
  Peers(boost::asio::io_context& loop, PeerIdentity identity, PeerOptions options, Owner& owner);
  /// Cuts all links without a word to the owner.
  ~Peers();

  /// Replaces the list of addresses: see parse_peer_address(). A node that is in no entry any more loses the link that
  /// this node dialed to it; what it dials itself is still taken.
  void set_addresses(std::vector<std::string> addresses);

  // Connections that arrive at the server.
  bool has_room() const override;
  void take(UpgradedConnection connection) override;

  /// Queues a message of at most item_bytes_max bytes and returns its number; never blocks. None: the peer has no link,
  /// or too much waits for it already, which ends its link: peer_down() comes.
  std::optional<std::uint64_t> send(model::Origin to, Message message);
  /// The number up to which the socket has taken messages; 0 without a link.
  std::uint64_t taken(model::Origin peer) const;
  /// Bytes that wait for the socket; 0 without a link.
  std::size_t queued(model::Origin peer) const;
  std::vector<model::Origin> connected() const;

  PeersStatus status() const;

  /// Dials and accepts no more, sends what waits, tells all peers that this node leaves and ends the links; after
  /// `deadline` at the latest calls `done`. The owner hears peer_down() of each.
  void drain(std::chrono::milliseconds deadline, std::function<void()> done);

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace muster::net
