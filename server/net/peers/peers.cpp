#include "server/net/peers/peers.hpp"

#include <openssl/rand.h>

#include <algorithm>
#include <map>
#include <random>
#include <stdexcept>
#include <utility>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "server/net/peers/farewells.hpp"

namespace muster::net {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;
using std::chrono::milliseconds;

constexpr milliseconds longest_tick{100};
constexpr milliseconds shortest_tick{5};
constexpr std::size_t text_bytes_max = 255;
constexpr const char* linked_already = "both nodes have a link already";
constexpr const char* not_listed = "the node is in the list of peers no more";

milliseconds tick_for(const PeerOptions& options) {
  const milliseconds shortest = std::min(
      {options.link.silence, options.link.connect_timeout, options.link.greet_timeout, options.dial.delay_min});
  return std::clamp(shortest / 4, shortest_tick, longest_tick);
}

peer::Nonce make_nonce() {
  peer::Nonce out{};
  if (::RAND_bytes(out.data(), static_cast<int>(out.size())) != 1)
    throw std::runtime_error("the system gives no random numbers");
  return out;
}

PeerInfo info_of(const PeerLink& link) {
  const peer::Hello& hello = link.other();
  return {hello.origin, hello.address, hello.version, hello.capabilities, link.remote(), link.dialed()};
}

void check(const PeerIdentity& identity) {
  const auto fits = [](const std::string& text) {
    return text.size() <= text_bytes_max && std::none_of(text.begin(), text.end(), [](char c) {
             return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
           });
  };
  if (!fits(identity.cluster) || !fits(identity.version) || !fits(identity.address))
    throw std::invalid_argument("what a node says of itself has at most 255 bytes and no control characters");
}

}  // namespace

class Peers::Impl final : public PeerLink::Owner, public std::enable_shared_from_this<Impl> {
 public:
  using LinkPtr = std::shared_ptr<PeerLink>;

  Impl(boost::asio::io_context& loop, PeerIdentity identity, PeerOptions options, Peers::Owner& owner)
      : loop_(loop),
        identity_(std::move(identity)),
        options_(options),
        owner_(owner),
        random_(std::random_device{}()),
        book_(options.dial, [this] { return std::uniform_real_distribution<>(0, 1)(random_); }),
        resolver_(loop),
        tick_(loop),
        drain_deadline_(loop),
        farewells_(options.accepted_max) {
    check(identity_);
    clock_.start(tick_for(options_));
  }

  void start() { wait_for_tick(); }
  void set_addresses(const std::vector<std::string>& addresses);
  bool has_room() const { return !leaving_ && (accepted() < options_.accepted_max || oldest_stranger() != nullptr); }
  void take(UpgradedConnection connection);
  PeerLink* find(model::Origin origin) const;
  std::vector<model::Origin> connected() const;
  PeersStatus status() const;
  void drain(milliseconds deadline, std::function<void()> done);
  void cut();

  std::optional<std::string> link_verified(PeerLink& link) override;
  void link_up(PeerLink& link) override;
  void link_said(PeerLink& link, std::string_view message) override;
  void link_took(PeerLink& link) override;
  void link_ended(PeerLink& link, const PeerLink::Ending& ending) override;

 private:
  struct Held {
    LinkPtr link;
    std::optional<tcp::endpoint> dialed;
    std::uint64_t number = 0;  ///< of accepted connections, in their order
    bool promised = false;     ///< verified: it will be up, unless the other side refuses
  };

  std::size_t accepted() const {
    return static_cast<std::size_t>(
        std::count_if(links_.begin(), links_.end(), [](const auto& item) { return !item.second.link->dialed(); }));
  }
  PeerLink* oldest_stranger() const;
  LinkPtr make_link(Handshake::Role role);
  void dial(const tcp::endpoint& to);
  void resolve(const PeerAddress& name);
  void wait_for_tick();
  void tick();
  void act();
  void act_later();
  bool wins(const PeerLink& link) const;
  Held take_out(PeerLink& link);
  void replace(const LinkPtr& old, const std::string& reason);
  void drop_unlisted();
  void finish_draining_if_empty();

  boost::asio::io_context& loop_;
  const PeerIdentity identity_;
  const PeerOptions options_;
  Peers::Owner& owner_;
  std::minstd_rand random_;
  CoarseClock clock_;
  AddressBook book_;
  tcp::resolver resolver_;
  boost::asio::steady_timer tick_;
  boost::asio::steady_timer drain_deadline_;
  Farewells farewells_;
  std::map<PeerLink*, Held> links_;
  std::map<std::uint64_t, LinkPtr> up_;  ///< by node; each is in links_ too
  std::function<void()> drained_;
  std::uint64_t taken_ = 0;  ///< connections that were accepted
  bool leaving_ = false;
  bool act_due_ = false;
  bool list_changed_ = false;
};

void Peers::Impl::set_addresses(const std::vector<std::string>& addresses) {
  book_.set(addresses, clock_.now());
  list_changed_ = true;
  act_later();
}

/// A node that was taken out of the list is not held on to; but first the new entries have to tell whose they are.
void Peers::Impl::drop_unlisted() {
  if (!list_changed_ || !book_.settled()) return;
  list_changed_ = false;
  const auto links = up_;
  for (const auto& [node, link] : links)
    if (link->dialed() && !book_.lists(node)) link->finish(not_listed);
}

/// Accepted, and not yet known to be a node; null: there is none.
PeerLink* Peers::Impl::oldest_stranger() const {
  const Held* oldest = nullptr;
  for (const auto& [place, held] : links_)
    if (!held.link->dialed() && !held.promised && (!oldest || held.number < oldest->number)) oldest = &held;
  return oldest ? oldest->link.get() : nullptr;
}

/// Strangers who say nothing do not keep the nodes out: a node has proved itself in milliseconds, and where all room is
/// taken the one that has not done so for the longest time goes.
void Peers::Impl::take(UpgradedConnection connection) {
  if (accepted() >= options_.accepted_max)
    if (PeerLink* stranger = oldest_stranger()) take_out(*stranger).link->cut();
  const LinkPtr link = make_link(Handshake::Role::accepted);
  links_[link.get()] = {link, std::nullopt, ++taken_};
  link->accept(std::move(connection));
}

Peers::Impl::LinkPtr Peers::Impl::make_link(Handshake::Role role) {
  peer::Hello hello;
  hello.capabilities = identity_.capabilities;
  hello.cluster = identity_.cluster;
  hello.origin = identity_.origin;
  hello.version = identity_.version;
  hello.address = identity_.address;
  hello.nonce = make_nonce();
  return std::make_shared<PeerLink>(loop_, clock_, options_.link, *this,
                                    Handshake(role, std::move(hello), identity_.secret));
}

void Peers::Impl::dial(const tcp::endpoint& to) {
  const LinkPtr link = make_link(Handshake::Role::dialed);
  Held& held = links_[link.get()];
  held.link = link;
  held.dialed = to;
  link->dial(to);
}

void Peers::Impl::resolve(const PeerAddress& name) {
  resolver_.async_resolve(
      name.host, std::to_string(name.port), tcp::resolver::numeric_service,
      [weak = weak_from_this(), name](const error_code& error, const tcp::resolver::results_type& results) {
        const auto self = weak.lock();
        if (!self || self->leaving_) return;
        std::vector<tcp::endpoint> endpoints;
        for (const auto& result : results) endpoints.push_back(result.endpoint());
        self->book_.resolved(name, endpoints, error ? error.message() : std::string(), self->clock_.now());
        self->act();
      });
}

void Peers::Impl::wait_for_tick() {
  tick_.expires_after(clock_.period());
  tick_.async_wait([weak = weak_from_this()](const error_code& error) {
    const auto self = weak.lock();
    if (error || !self) return;
    self->clock_.tick();
    self->tick();
    self->wait_for_tick();
  });
}

void Peers::Impl::tick() {
  std::vector<LinkPtr> links;
  for (const auto& [place, held] : links_) links.push_back(held.link);
  for (const LinkPtr& link : links) link->check();
  act();
}

void Peers::Impl::act() {
  if (leaving_) return;
  drop_unlisted();
  for (const PeerAddress& name : book_.take_due_names(clock_.now())) resolve(name);
  for (const tcp::endpoint& endpoint : book_.take_due_endpoints(clock_.now())) dial(endpoint);
}

void Peers::Impl::act_later() {
  if (std::exchange(act_due_, true)) return;
  boost::asio::post(loop_, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    self->act_due_ = false;
    self->act();
  });
}

/// Whether this link is the kind that a pair keeps when it has one of each.
bool Peers::Impl::wins(const PeerLink& link) const {
  const bool lower = identity_.origin.node < link.other().origin.node;
  return link.dialed() == lower;
}

std::optional<std::string> Peers::Impl::link_verified(PeerLink& link) {
  const model::Origin other = link.other().origin;
  Held& held = links_.at(&link);
  if (held.dialed) book_.identified(*held.dialed, other);
  if (leaving_) return "this node is shutting down";
  if (held.dialed && !book_.has(*held.dialed)) return not_listed;
  if (const auto found = up_.find(other.node); found != up_.end()) {
    const PeerLink& present = *found->second;
    if (present.other().origin.boot > other.boot) return "a newer boot of this node is linked already";
    const bool same_boot = present.other().origin.boot == other.boot;
    // Only the dialing end can tell that the older of two links is alive: it would not dial a node that has a link.
    if (same_boot && link.dialed() && present.dialed()) return linked_already;
    if (same_boot && present.dialed() != link.dialed() && !wins(link)) return linked_already;
  }
  for (const auto& [place, one] : links_) {
    if (!one.promised || one.link->up() || one.link->other().origin != other) continue;
    if (one.link->dialed() == link.dialed() ? link.dialed() : !wins(link)) return linked_already;
  }
  held.promised = true;
  return std::nullopt;
}

void Peers::Impl::link_up(PeerLink& link) {
  const Held& held = links_.at(&link);
  const LinkPtr self = held.link;
  const model::Origin other = link.other().origin;
  if (const auto found = up_.find(other.node); found != up_.end()) {
    const LinkPtr present = found->second;
    const model::Origin before = present->other().origin;
    const bool newer_boot = other.boot > before.boot;
    const bool older_boot = other.boot < before.boot;
    if (older_boot || (!newer_boot && present->dialed() != link.dialed() && !wins(link))) {
      const Held out = take_out(link);
      link.close(linked_already);
      farewells_.bid(*out.link);
      if (out.dialed)
        book_.ended(*out.dialed, {PeerLink::Ending::Kind::refused, linked_already}, milliseconds(0), clock_.now());
      return;
    }
    replace(present, newer_boot ? "the node has started anew" : "another link of both nodes replaces it");
  }
  up_[other.node] = self;
  book_.node_up(other);
  if (held.dialed) book_.came_up(*held.dialed);
  owner_.peer_up(info_of(link));
}

void Peers::Impl::replace(const LinkPtr& old, const std::string& reason) {
  const model::Origin origin = old->other().origin;
  const milliseconds lasted = old->up_for();
  const Held out = take_out(*old);
  old->close(reason);
  farewells_.bid(*out.link);
  if (out.dialed) book_.ended(*out.dialed, {PeerLink::Ending::Kind::lost, reason}, lasted, clock_.now());
  owner_.peer_down(origin, reason);
}

void Peers::Impl::link_said(PeerLink& link, std::string_view message) {
  owner_.peer_said(link.other().origin, message);
}

void Peers::Impl::link_took(PeerLink& link) {
  owner_.peer_took(link.other().origin);
}

/// Forgets a link, wherever it stands.
Peers::Impl::Held Peers::Impl::take_out(PeerLink& link) {
  const auto place = links_.find(&link);
  Held out = std::move(place->second);
  links_.erase(place);
  const auto found = up_.find(link.other().origin.node);
  if (found != up_.end() && found->second.get() == &link) up_.erase(found);
  return out;
}

void Peers::Impl::link_ended(PeerLink& link, const PeerLink::Ending& ending) {
  const auto self = shared_from_this();
  const model::Origin origin = link.other().origin;
  const auto found = up_.find(origin.node);
  const bool was_up = found != up_.end() && found->second.get() == &link;
  const milliseconds lasted = was_up ? link.up_for() : milliseconds(0);
  const Held out = take_out(link);
  farewells_.bid(*out.link);
  if (out.dialed) book_.ended(*out.dialed, ending, lasted, clock_.now());
  if (was_up) {
    book_.node_down(origin.node, clock_.now());
    owner_.peer_down(origin, ending.reason);
  } else if (ending.kind == PeerLink::Ending::Kind::refused && !ending.reason.ends_with(linked_already)) {
    owner_.peer_refused(link.remote(), ending.reason);
  }
  finish_draining_if_empty();
}

PeerLink* Peers::Impl::find(model::Origin origin) const {
  const auto found = up_.find(origin.node);
  if (found == up_.end() || found->second->other().origin != origin) return nullptr;
  return found->second.get();
}

std::vector<model::Origin> Peers::Impl::connected() const {
  std::vector<model::Origin> out;
  for (const auto& [node, link] : up_) out.push_back(link->other().origin);
  return out;
}

PeersStatus Peers::Impl::status() const {
  PeersStatus out;
  out.addresses = book_.status();
  for (const auto& [node, link] : up_) out.links.push_back(link->status());
  return out;
}

void Peers::Impl::drain(milliseconds deadline, std::function<void()> done) {
  leaving_ = true;
  drained_ = std::move(done);
  resolver_.cancel();
  drain_deadline_.expires_after(deadline);
  drain_deadline_.async_wait([weak = weak_from_this()](const error_code& error) {
    const auto self = weak.lock();
    if (error || !self) return;
    std::vector<LinkPtr> links;
    for (const auto& [place, held] : self->links_) links.push_back(held.link);
    for (const LinkPtr& link : links) {
      if (!self->links_.contains(link.get())) continue;
      link->cut();
      self->link_ended(*link, {PeerLink::Ending::Kind::lost, "it did not take what was left in time"});
    }
  });
  boost::asio::post(loop_, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    std::vector<LinkPtr> links;
    for (const auto& [place, held] : self->links_) links.push_back(held.link);
    for (const LinkPtr& link : links) link->finish("the node is shutting down");
    self->finish_draining_if_empty();
  });
}

void Peers::Impl::finish_draining_if_empty() {
  if (!leaving_ || !drained_ || !links_.empty()) return;
  drain_deadline_.cancel();
  boost::asio::post(loop_, std::exchange(drained_, nullptr));
}

void Peers::Impl::cut() {
  leaving_ = true;
  drained_ = nullptr;
  resolver_.cancel();
  tick_.cancel();
  drain_deadline_.cancel();
  up_.clear();
  for (const auto& [place, held] : std::exchange(links_, {})) held.link->cut();
}

Peers::Peers(boost::asio::io_context& loop, PeerIdentity identity, PeerOptions options, Owner& owner)
    : impl_(std::make_shared<Impl>(loop, std::move(identity), options, owner)) {
  impl_->start();
}

Peers::~Peers() {
  impl_->cut();
}

void Peers::set_addresses(std::vector<std::string> addresses) {
  impl_->set_addresses(addresses);
}

bool Peers::has_room() const {
  return impl_->has_room();
}

void Peers::take(UpgradedConnection connection) {
  impl_->take(std::move(connection));
}

std::optional<std::uint64_t> Peers::send(model::Origin to, Message message) {
  PeerLink* const link = impl_->find(to);
  return link ? link->send(std::move(message)) : std::nullopt;
}

std::uint64_t Peers::taken(model::Origin peer) const {
  const PeerLink* const link = impl_->find(peer);
  return link ? link->taken() : 0;
}

std::size_t Peers::queued(model::Origin peer) const {
  const PeerLink* const link = impl_->find(peer);
  return link ? link->status().queue_bytes : 0;
}

std::vector<model::Origin> Peers::connected() const {
  return impl_->connected();
}

PeersStatus Peers::status() const {
  return impl_->status();
}

void Peers::drain(milliseconds deadline, std::function<void()> done) {
  impl_->drain(deadline, std::move(done));
}

}  // namespace muster::net
