#include "server/net/peers/link.hpp"

#include <utility>

#include <boost/asio/post.hpp>

namespace muster::net {
namespace {

// A peer that has much to say must not keep the loop from the clients.
constexpr std::size_t items_per_turn = 64;
constexpr std::size_t bytes_per_turn = 256 * 1024;

std::string text_of(const boost::asio::ip::tcp::endpoint& endpoint) {
  const std::string address = endpoint.address().to_string();
  return (endpoint.address().is_v6() ? "[" + address + "]" : address) + ":" + std::to_string(endpoint.port());
}

}  // namespace

PeerLink::PeerLink(boost::asio::io_context& loop, const CoarseClock& clock, LinkOptions options, Owner& owner,
                   Handshake handshake)
    : loop_(loop), clock_(clock), options_(options), owner_(owner), handshake_(std::move(handshake)) {}

PeerLink::~PeerLink() {
  // One that was closed lives on until its farewell is said.
  if (socket_ && state_ != State::ended) socket_->cut();
}

void PeerLink::dial(const boost::asio::ip::tcp::endpoint& to) {
  remote_ = text_of(to);
  deadline_ = clock_.deadline(options_.connect_timeout);
  socket_ = WebSocket::dial(loop_, *this, to);
}

void PeerLink::accept(UpgradedConnection connection) {
  remote_ = connection.caller;
  connected_ = true;
  deadline_ = clock_.deadline(options_.greet_timeout);
  socket_ = WebSocket::accept(loop_, *this, std::move(connection));
}

void PeerLink::on_opened() {
  state_ = State::greeting;
  socket_->limit(item_head_bytes + peer::greeting_bytes_max);
  out_.add_greeting(handshake_.opening());
  flush();
  socket_->read();
}

void PeerLink::on_heard(std::size_t bytes) {
  heard_ = clock_.now();
  counts_.bytes_in += bytes;
}

void PeerLink::on_message(std::string_view message) {
  counts_.bytes_in += frame_bytes(message.size(), !dialed()) - message.size();
  in_ = ItemReader(message, item_bytes_max);
  deliver();
}

void PeerLink::deliver() {
  const auto self = shared_from_this();
  std::size_t bytes = 0;
  for (std::size_t items = 0; items < items_per_turn && bytes < bytes_per_turn; ++items) {
    if (state_ == State::ended) return;
    if (in_.at_end()) return socket_->read();
    const auto item = in_.next();
    if (!item) {
      const auto kind = up() ? Ending::Kind::lost : Ending::Kind::refused;
      return end(kind, "it sent a message whose lengths are wrong", true);
    }
    bytes += item->size();
    ++counts_.messages_in;
    if (up()) {
      owner_.link_said(*this, *item);
    } else {
      greet(*item);
    }
  }
  if (state_ != State::ended) boost::asio::post(loop_, [self] { self->deliver(); });
}

void PeerLink::greet(std::string_view greeting) {
  if (auto answer = handshake_.take(greeting)) out_.add_greeting(*std::move(answer));
  if (handshake_.state() == Handshake::State::verified) {
    if (const auto refusal = owner_.link_verified(*this)) return end(Ending::Kind::refused, *refusal, true);
    out_.add_greeting(handshake_.welcome());
  }
  flush();
  judge_greeting();
}

void PeerLink::judge_greeting() {
  switch (handshake_.state()) {
    case Handshake::State::hello:
    case Handshake::State::proof:
    case Handshake::State::verified:
    case Handshake::State::welcome:
      return;
    case Handshake::State::refused:
      return end(Ending::Kind::refused, handshake_.reason(), true);
    case Handshake::State::ourselves:
      return end(Ending::Kind::ourselves, handshake_.reason(), true);
    case Handshake::State::done:
      state_ = State::up;
      since_ = clock_.now();
      socket_->limit(item_head_bytes + item_bytes_max);
      return owner_.link_up(*this);
  }
}

bool PeerLink::fits(std::size_t bytes) {
  if (!up() || finishing_) return false;
  const char* reason = nullptr;
  if (bytes > item_bytes_max) reason = "a message is larger than nodes take";
  if (out_.bytes() + bytes + item_head_bytes > options_.queue_bytes) reason = "it takes too little of what it is sent";
  if (!reason) return true;
  // The sender is in the middle of its work: it hears of the end later.
  state_ = State::ended;
  socket_->cut();
  boost::asio::post(loop_, [self = shared_from_this(), reason] {
    if (!self->abandoned_) self->owner_.link_ended(*self, {Ending::Kind::lost, reason});
  });
  return false;
}

std::optional<std::uint64_t> PeerLink::send(Message message) {
  if (!fits(message->size())) return std::nullopt;
  out_.add(std::move(message));
  flush_later();
  return ++sent_;
}

/// What is sent in one turn of the loop goes in one batch.
void PeerLink::flush_later() {
  if (writing_bytes_ > 0 || std::exchange(flush_due_, true)) return;
  boost::asio::post(loop_, [self = shared_from_this()] {
    self->flush_due_ = false;
    self->flush();
  });
}

void PeerLink::flush() {
  if (writing_bytes_ > 0 || out_.empty() || state_ == State::ended || state_ == State::opening) return;
  const Outgoing::Batch batch = out_.next();
  writing_bytes_ = batch.first.size() + batch.second.size();
  socket_->write(batch.first, batch.second, batch.keep);
}

void PeerLink::on_wrote() {
  const auto self = shared_from_this();
  counts_.bytes_out += frame_bytes(std::exchange(writing_bytes_, 0), dialed());
  const std::size_t messages = out_.taken();
  taken_ += messages;
  counts_.messages_out += messages;
  if (finishing_ && out_.empty()) return end(Ending::Kind::lost, *finishing_, true);
  flush();
  if (messages > 0 && up()) owner_.link_took(*this);
}

void PeerLink::on_failed(const std::string& reason, bool told) {
  const auto self = shared_from_this();
  auto kind = told ? Ending::Kind::refused : Ending::Kind::unavailable;
  if (up()) kind = Ending::Kind::lost;
  end(kind, reason, false);
}

void PeerLink::end(Ending::Kind kind, const std::string& reason, bool tell) {
  const auto self = shared_from_this();
  if (state_ == State::ended) return;
  state_ = State::ended;
  if (tell) {
    socket_->close(reason);
  } else {
    socket_->cut();
  }
  owner_.link_ended(*this, {kind, reason});
}

void PeerLink::check() {
  switch (state_) {
    case State::opening:
      if (!connected_ && socket_->connected()) {
        connected_ = true;
        deadline_ = clock_.deadline(options_.greet_timeout);
      }
      [[fallthrough]];
    case State::greeting:
      if (deadline_ >= clock_.now()) return;
      return end(Ending::Kind::unavailable,
                 connected_ ? "it did not greet as a node does in time" : "connecting takes too long", connected_);
    case State::up:
      if (clock_.now() - heard_ > options_.silence + clock_.period())
        end(Ending::Kind::lost, "nothing was heard of it for too long", true);
      return;
    case State::ended:
      return;
  }
}

void PeerLink::close(std::string_view reason) {
  abandoned_ = true;
  if (std::exchange(state_, State::ended) != State::ended && socket_) socket_->close(reason);
}

void PeerLink::finish(std::string reason) {
  if (state_ == State::ended) return;
  if (!up() || (out_.empty() && writing_bytes_ == 0)) return end(Ending::Kind::lost, reason, true);
  finishing_ = std::move(reason);
}

void PeerLink::cut() {
  abandoned_ = true;
  state_ = State::ended;
  if (socket_) socket_->cut();
}

PeerLinkStatus PeerLink::status() const {
  PeerLinkStatus out;
  const peer::Hello& hello = other();
  out.origin = hello.origin;
  out.dialed = dialed();
  out.remote = remote_;
  out.address = hello.address;
  out.version = hello.version;
  out.capabilities = hello.capabilities;
  out.up = up_for();
  out.heard_ago = clock_.now() - heard_;
  out.queue_bytes = out_.bytes();
  out.counts = counts_;
  return out;
}

std::uint64_t PeerLink::frame_bytes(std::size_t payload, bool masked) const {
  constexpr std::size_t short_max = 125;
  constexpr std::size_t medium_max = 65'535;
  const std::size_t head = payload <= short_max ? 2 : payload <= medium_max ? 4 : 10;
  return payload + head + (masked ? 4 : 0);
}

}  // namespace muster::net
