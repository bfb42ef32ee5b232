#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "proto/peer/message.hpp"

namespace muster::core {

/// A message to one peer, or to all whose link stands.
struct Outgoing {
  std::optional<model::Origin> to;  ///< none: to all
  peer::Message message;
};

/// What is to be said to peers, in order. Owned by the node; emptied after every event.
class Outbox {
 public:
  void send(const model::Origin& to, peer::Message message) { messages_.push_back({to, std::move(message)}); }
  void send_all(peer::Message message) { messages_.push_back({std::nullopt, std::move(message)}); }
  std::vector<Outgoing> take() { return std::exchange(messages_, {}); }

 private:
  std::vector<Outgoing> messages_;
};

}  // namespace muster::core
