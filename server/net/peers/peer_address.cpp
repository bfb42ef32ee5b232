#include "server/net/peers/peer_address.hpp"

#include <algorithm>
#include <charconv>

#include "proto/model/ascii.hpp"

namespace muster::net {
namespace {

constexpr std::size_t host_bytes_max = 255;

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

bool starts_ignoring_case(std::string_view text, std::string_view with) {
  return text.size() >= with.size() && model::equal_ignoring_case(text.substr(0, with.size()), with);
}

bool may_stand_in_host(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
}

bool may_stand_in_ipv6(char c) {
  return may_stand_in_host(c) || c == ':' || c == '%';
}

}  // namespace

std::variant<PeerAddress, std::string> parse_peer_address(std::string_view text) {
  using namespace std::string_literals;
  constexpr std::string_view http = "http://";
  constexpr std::string_view https = "https://";
  text = trimmed(text);
  if (starts_ignoring_case(text, https)) return "nodes do not speak TLS to each other yet: write http://"s;
  if (starts_ignoring_case(text, http)) text.remove_prefix(http.size());
  if (text.find("://") != std::string_view::npos) return "only http:// leads to a node"s;
  text = text.substr(0, text.find_first_of("/?#"));
  if (const auto at = text.rfind('@'); at != std::string_view::npos) return "a user name means nothing to a node"s;

  std::string_view host = text;
  std::string_view port;
  bool has_port = false;
  const bool bracketed = text.starts_with('[');
  const bool bare_ipv6 = !bracketed && std::count(text.begin(), text.end(), ':') > 1;
  if (bracketed) {
    const auto end = text.find(']');
    if (end == std::string_view::npos) return "the bracket of the IPv6 address is not closed"s;
    host = text.substr(1, end - 1);
    const std::string_view rest = text.substr(end + 1);
    has_port = !rest.empty();
    if (has_port && rest.front() != ':') return "behind the bracket comes a colon and the port"s;
    if (has_port) port = rest.substr(1);
  } else if (const auto colon = text.find(':'); colon != std::string_view::npos && !bare_ipv6) {
    host = text.substr(0, colon);
    port = text.substr(colon + 1);
    has_port = true;
  }

  PeerAddress out;
  if (host.empty()) return "there is no host in it"s;
  if (host.size() > host_bytes_max) return "its host is too long"s;
  const auto allowed = bracketed || bare_ipv6 ? may_stand_in_ipv6 : may_stand_in_host;
  if (!std::all_of(host.begin(), host.end(), allowed)) return "its host holds characters that no host has"s;
  out.host = host;
  if (!has_port) return out;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), out.port);
  if (port.empty() || error != std::errc{} || end != port.data() + port.size() || out.port == 0)
    return "its port is not a number from 1 to 65535"s;
  return out;
}

}  // namespace muster::net
