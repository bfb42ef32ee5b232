#include "tests/net/cluster.hpp"

#include "tests/net/client.hpp"

namespace muster::test {

using std::chrono::milliseconds;

net::PeerOptions quick() {
  net::PeerOptions out;
  out.link.silence = milliseconds(20'000);  // Nobody sends beacons in most tests.
  out.dial.delay_min = milliseconds(20);
  out.dial.delay_max = milliseconds(200);
  return out;
}

net::PeerIdentity identity(std::uint64_t node, std::uint64_t boot) {
  net::PeerIdentity out;
  out.origin = {node, boot};
  out.version = "1.2.3";
  return out;
}

LinkedNode::LinkedNode(boost::asio::io_context& loop, net::PeerIdentity own, net::PeerOptions options,
                       std::uint16_t port, const std::string& address)
    : identity_(std::move(own)) {
  server_ = std::make_unique<net::Server>(loop, *this, net::Limits{}, [](const std::string&) {});
  peers_ = std::make_unique<net::Peers>(loop, identity_, options, *this);
  server_->set_upgrades(peers_.get());
  server_->listen(address, port);
}

LinkedNode::~LinkedNode() {
  server_->set_upgrades(nullptr);
  peers_.reset();
}

void LinkedNode::peer_up(const net::PeerInfo& peer) {
  up[peer.origin] = peer;
}

void LinkedNode::peer_down(model::Origin origin, const std::string& reason) {
  up.erase(origin);
  downs.emplace_back(origin, reason);
}

void LinkedNode::peer_said(model::Origin origin, std::string_view message) {
  heard_bytes += message.size();
  if (keep_heard) heard[origin].emplace_back(message);
  if (on_said) on_said(origin, message);
}

void LinkedNode::peer_took(model::Origin) {
  ++took;
}

void LinkedNode::peer_refused(const std::string&, const std::string& reason) {
  refusals.push_back(reason);
}

void LinkedNode::handle(const api::Request&, api::Responder& responder) {
  responder.respond({});
}

bool run_until(boost::asio::io_context& loop, const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + Client::patience;
  loop.restart();
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    loop.run_one_for(milliseconds(100));
  }
  return true;
}

void run_for(boost::asio::io_context& loop, milliseconds span) {
  loop.restart();
  loop.run_for(span);
}

net::Message message(std::string text) {
  return std::make_shared<const std::string>(std::move(text));
}

}  // namespace muster::test
