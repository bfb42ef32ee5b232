#include "server/app/peers_document.hpp"

#include <algorithm>
#include <cstdio>

#include <nlohmann/json.hpp>

namespace muster::app {
namespace {

using Json = nlohmann::ordered_json;

std::int64_t milliseconds(core::Monotonic span) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(span).count();
}

Json address_of(const net::PeerAddressStatus& address) {
  Json out = Json::object();
  out["address"] = address.address;
  out["state"] = net::to_string(address.state);
  if (!address.reason.empty()) out["reason"] = address.reason;
  Json endpoints = Json::array();
  for (const net::PeerEndpointStatus& endpoint : address.endpoints) {
    Json one = Json::object();
    one["endpoint"] = endpoint.endpoint;
    one["state"] = net::to_string(endpoint.state);
    if (endpoint.node) one["node"] = model::node_name(endpoint.node->node);
    if (!endpoint.reason.empty()) one["reason"] = endpoint.reason;
    endpoints.push_back(std::move(one));
  }
  out["endpoints"] = std::move(endpoints);
  return out;
}

Json link_of(const net::PeerLinkStatus& link) {
  Json out = Json::object();
  out["dialed"] = link.dialed;
  out["remote"] = link.remote;
  out["up_ms"] = link.up.count();
  out["heard_ms_ago"] = link.heard_ago.count();
  out["queue_bytes"] = link.queue_bytes;
  out["bytes_in"] = link.counts.bytes_in;
  out["bytes_out"] = link.counts.bytes_out;
  out["messages_in"] = link.counts.messages_in;
  out["messages_out"] = link.counts.messages_out;
  return out;
}

const net::PeerLinkStatus* link_to(const ClusterFacts& facts, const model::Origin& origin) {
  const auto& links = facts.links.links;
  const auto found = std::find_if(links.begin(), links.end(), [&](const auto& link) { return link.origin == origin; });
  return found == links.end() ? nullptr : &*found;
}

/// "equal", "differs", "behind" (it lacks writes), "ahead" (we do), or why nobody knows.
const char* comparison_of(const core::PeerView& peer) {
  if (!peer.linked) return peer.heard ? "heard_through_others" : "unreachable";
  if (peer.equal) return "equal";
  if (peer.lacks > 0 && peer.lacking > 0) return "both_lack_writes";
  if (peer.lacks > 0) return "it_lacks_writes";
  return peer.lacking > 0 ? "we_lack_writes" : "differs";
}

Json peer_of(const ClusterFacts& facts, const core::PeerView& peer) {
  Json out = Json::object();
  out["node"] = model::node_name(peer.origin.node);
  out["boot"] = peer.origin.boot;
  const net::PeerLinkStatus* link = link_to(facts, peer.origin);
  if (link) {
    out["address"] = link->address;
    out["version"] = link->version;
  }
  out["linked"] = peer.linked;
  out["heard"] = peer.heard;
  out["heard_ms_ago"] = milliseconds(peer.last_heard);
  out["ready"] = peer.ready;
  out["leases_held"] = peer.holds;
  out["registry"] = comparison_of(peer);
  out["link"] = link ? link_of(*link) : Json(nullptr);
  return out;
}

Json head(const ClusterFacts& facts) {
  Json out = Json::object();
  out["node"] = model::node_name(facts.self.node);
  out["boot"] = facts.self.boot;
  out["cluster"] = facts.cluster;
  out["state"] = core::to_string(facts.state);
  return out;
}

}  // namespace

std::string peers_document(const ClusterFacts& facts) {
  Json out = head(facts);
  out["expected"] = facts.expected;
  out["isolated"] = facts.isolated;
  Json nodes = Json::array();
  for (const net::PeerLinkStatus& link : facts.links.links)
    if (!link.address.empty()) nodes.push_back("http://" + link.address);
  out["nodes"] = std::move(nodes);
  Json addresses = Json::array();
  for (const net::PeerAddressStatus& address : facts.links.addresses) addresses.push_back(address_of(address));
  out["addresses"] = std::move(addresses);
  Json peers = Json::array();
  for (const core::PeerView& peer : facts.peers) peers.push_back(peer_of(facts, peer));
  out["peers"] = std::move(peers);
  return out.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string diff_document(const ClusterFacts& facts) {
  Json out = head(facts);
  out["content"] = model::node_name(facts.content);  // 16 digits, as ids have
  const auto& peers_now = facts.peers;
  const auto heard = static_cast<std::size_t>(
      std::count_if(peers_now.begin(), peers_now.end(), [](const core::PeerView& peer) { return peer.heard; }));
  const auto unlike = [](const core::PeerView& peer) { return peer.heard && !peer.equal; };
  if (heard == 0 && facts.expected > 0)
    out["equal"] = nullptr;  // there is nobody to compare with
  else
    out["equal"] = std::none_of(peers_now.begin(), peers_now.end(), unlike);
  out["unreachable"] = std::max(peers_now.size(), facts.expected) - heard;
  Json peers = Json::array();
  for (const core::PeerView& peer : facts.peers) {
    Json one = Json::object();
    one["node"] = model::node_name(peer.origin.node);
    one["registry"] = comparison_of(peer);
    one["origins_it_lacks_writes_of"] = peer.lacks;
    one["origins_we_lack_writes_of"] = peer.lacking;
    if (peer.comparison) {
      Json last = Json::object();
      last["ended_ms_ago"] = milliseconds(peer.comparison->at);
      last["differing"] = peer.comparison->differing;
      Json examples = Json::array();
      for (const core::Key& key : peer.comparison->examples)
        examples.push_back({{"service", key.service}, {"id", key.id}});
      last["examples"] = std::move(examples);
      one["last_comparison"] = std::move(last);
    } else {
      one["last_comparison"] = nullptr;
    }
    peers.push_back(std::move(one));
  }
  out["peers"] = std::move(peers);
  return out.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace muster::app
