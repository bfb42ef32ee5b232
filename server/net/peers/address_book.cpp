#include "server/net/peers/address_book.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/ip/address.hpp>

namespace muster::net {
namespace {

constexpr std::size_t endpoints_per_name_max = 64;

/// Of several endpoints the one that stands best speaks for the name.
int rank(PeerState state) {
  switch (state) {
    case PeerState::connected:
      return 0;
    case PeerState::ourselves:
      return 1;
    case PeerState::connecting:
      return 2;
    case PeerState::refused:
      return 3;
    case PeerState::unavailable:
      return 4;
    case PeerState::unresolved:
      return 5;
    case PeerState::invalid:
      return 6;
  }
  return 6;
}

std::string text_of(const AddressBook::Endpoint& endpoint) {
  const std::string address = endpoint.address().to_string();
  return (endpoint.address().is_v6() ? "[" + address + "]" : address) + ":" + std::to_string(endpoint.port());
}

std::optional<AddressBook::Endpoint> literal(const PeerAddress& address) {
  boost::system::error_code error;
  const auto parsed = boost::asio::ip::make_address(address.host, error);
  if (error) return std::nullopt;
  return AddressBook::Endpoint(parsed, address.port);
}

PeerState state_after(PeerLink::Ending::Kind kind) {
  switch (kind) {
    case PeerLink::Ending::Kind::unavailable:
      return PeerState::unavailable;
    case PeerLink::Ending::Kind::refused:
      return PeerState::refused;
    case PeerLink::Ending::Kind::ourselves:
      return PeerState::ourselves;
    case PeerLink::Ending::Kind::lost:
      return PeerState::connecting;
  }
  return PeerState::connecting;
}

}  // namespace

const char* to_string(PeerState state) {
  switch (state) {
    case PeerState::connecting:
      return "connecting";
    case PeerState::connected:
      return "connected";
    case PeerState::refused:
      return "refused";
    case PeerState::ourselves:
      return "ourselves";
    case PeerState::unavailable:
      return "unavailable";
    case PeerState::unresolved:
      return "unresolved";
    case PeerState::invalid:
      return "invalid";
  }
  return "";
}

AddressBook::AddressBook(DialOptions options, std::function<double()> random)
    : options_(options), random_(std::move(random)) {}

void AddressBook::set(const std::vector<std::string>& list, Time now) {
  entries_.clear();
  decltype(names_) names;
  for (const std::string& text : list) {
    entries_.push_back({text, parse_peer_address(text)});
    const auto* address = std::get_if<PeerAddress>(&entries_.back().parsed);
    if (!address) continue;
    const auto key = std::pair(address->host, address->port);
    const auto known = names_.find(key);
    Name name = known == names_.end() ? Name{} : known->second;
    if (const auto endpoint = literal(*address)) {
      name.endpoints = {*endpoint};
      name.next = Time::max();
      name.resolved = true;
    }
    names.emplace(key, std::move(name));
  }
  names_ = std::move(names);
  for (auto& [endpoint, target] : targets_)
    if (target.state == PeerState::ourselves) target.next = now;
  list_targets(now);
}

/// Makes the targets those that the names have. One that is being dialed stays until that has ended.
void AddressBook::list_targets(Time now) {
  for (auto& [endpoint, target] : targets_) target.listed = false;
  for (const auto& [key, name] : names_) {
    for (const Endpoint& endpoint : name.endpoints) {
      const auto [place, is_new] = targets_.try_emplace(endpoint);
      if (is_new) place->second.next = now;
      place->second.listed = true;
    }
  }
  std::erase_if(targets_, [](const auto& entry) { return !entry.second.listed && !entry.second.under_way; });
}

std::vector<PeerAddress> AddressBook::take_due_names(Time now) {
  std::vector<PeerAddress> out;
  for (auto& [key, name] : names_) {
    if (name.under_way || name.next > now) continue;
    name.under_way = true;
    out.push_back({key.first, key.second});
  }
  return out;
}

void AddressBook::resolved(const PeerAddress& address, const std::vector<Endpoint>& endpoints, const std::string& error,
                           Time now) {
  const auto found = names_.find({address.host, address.port});
  if (found == names_.end()) return;
  Name& name = found->second;
  name.under_way = false;
  name.resolved = true;
  name.error = error;
  name.next = now + (error.empty() ? options_.resolve_period : options_.resolve_retry);
  // A name service that does not answer takes no known address away.
  if (error.empty()) name.endpoints = endpoints;
  if (name.endpoints.size() > endpoints_per_name_max) name.endpoints.resize(endpoints_per_name_max);
  list_targets(now);
}

std::vector<AddressBook::Endpoint> AddressBook::take_due_endpoints(Time now) {
  std::vector<Endpoint> out;
  for (auto& [endpoint, target] : targets_) {
    if (!target.listed || target.under_way || target.next > now || is_linked(target)) continue;
    target.under_way = true;
    out.push_back(endpoint);
  }
  return out;
}

void AddressBook::identified(const Endpoint& endpoint, model::Origin origin) {
  if (const auto found = targets_.find(endpoint); found != targets_.end()) found->second.node = origin;
}

void AddressBook::came_up(const Endpoint& endpoint) {
  const auto found = targets_.find(endpoint);
  if (found == targets_.end()) return;
  found->second.reason.clear();
}

void AddressBook::ended(const Endpoint& endpoint, const PeerLink::Ending& ending, Time lasted, Time now) {
  const auto found = targets_.find(endpoint);
  if (found == targets_.end()) return;
  Target& target = found->second;
  target.under_way = false;
  target.state = state_after(ending.kind);
  target.reason = ending.reason;
  if (ending.kind == PeerLink::Ending::Kind::ourselves) {
    target.failures = 0;
    target.next = now + options_.ourselves_period;
  } else {
    if (lasted > options_.delay_max) target.failures = 0;
    target.next = now + delay(target.failures++);
  }
  for (auto& [key, name] : names_) {
    const bool has = std::find(name.endpoints.begin(), name.endpoints.end(), endpoint) != name.endpoints.end();
    const bool is_name = name.next != Time::max();
    // The name may have moved to where the node is now.
    if (has && is_name && ending.kind == PeerLink::Ending::Kind::unavailable)
      name.next = std::min(name.next, now + options_.resolve_retry);
  }
  list_targets(now);
}

void AddressBook::node_down(std::uint64_t node, Time now) {
  linked_.erase(node);
  for (auto& [endpoint, target] : targets_)
    if (target.node && target.node->node == node) target.next = now + delay(target.failures);
}

bool AddressBook::lists(std::uint64_t node) const {
  return std::any_of(targets_.begin(), targets_.end(), [&](const auto& entry) {
    return entry.second.listed && entry.second.node && entry.second.node->node == node;
  });
}

bool AddressBook::has(const Endpoint& endpoint) const {
  const auto found = targets_.find(endpoint);
  return found != targets_.end() && found->second.listed;
}

bool AddressBook::settled() const {
  return std::all_of(names_.begin(), names_.end(), [](const auto& entry) { return entry.second.resolved; }) &&
         std::all_of(targets_.begin(), targets_.end(), [](const auto& entry) {
           return entry.second.state != PeerState::connecting || entry.second.node;
         });
}

AddressBook::Time AddressBook::delay(unsigned failures) {
  constexpr unsigned doublings_max = 10;
  const Time longest = std::min(options_.delay_max, options_.delay_min * (1 << std::min(failures, doublings_max)));
  const auto most = static_cast<double>(longest.count());
  return Time(static_cast<Time::rep>(most / 2 + most / 2 * random_()));
}

PeerEndpointStatus AddressBook::status_of(const Endpoint& endpoint, const Target& target) const {
  PeerEndpointStatus out;
  out.endpoint = text_of(endpoint);
  out.state = is_linked(target) ? PeerState::connected : target.state;
  if (out.state != PeerState::connected) out.reason = target.reason;
  out.node = out.state == PeerState::connected ? linked_.at(target.node->node) : target.node;
  return out;
}

std::vector<PeerAddressStatus> AddressBook::status() const {
  std::vector<PeerAddressStatus> out;
  for (const Entry& entry : entries_) {
    PeerAddressStatus one;
    one.address = entry.text;
    one.state = PeerState::unresolved;
    const auto* address = std::get_if<PeerAddress>(&entry.parsed);
    if (!address) {
      one.state = PeerState::invalid;
      one.reason = std::get<std::string>(entry.parsed);
      out.push_back(std::move(one));
      continue;
    }
    const Name& name = names_.find({address->host, address->port})->second;
    one.reason = name.error;
    for (const Endpoint& endpoint : name.endpoints) {
      const auto found = targets_.find(endpoint);
      if (found == targets_.end()) continue;
      one.endpoints.push_back(status_of(endpoint, found->second));
      const PeerEndpointStatus& latest = one.endpoints.back();
      if (rank(latest.state) < rank(one.state)) {
        one.state = latest.state;
        one.reason = latest.reason;
      }
    }
    out.push_back(std::move(one));
  }
  return out;
}

}  // namespace muster::net
