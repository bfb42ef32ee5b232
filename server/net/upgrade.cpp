#include "server/net/upgrade.hpp"

#include <unistd.h>

#include <utility>

#include "proto/model/ascii.hpp"

namespace muster::net {
namespace {

constexpr std::size_t key_size = 24;  // 16 bytes in base64

/// Whether one of the words of any header of this name is `word`.
bool says(const api::Request& request, std::string_view name, std::string_view word) {
  for (const api::Header& header : request.headers) {
    if (!model::equal_ignoring_case(header.name, name)) continue;
    std::string_view rest = header.value;
    while (!rest.empty()) {
      const auto comma = rest.find(',');
      std::string_view one = rest.substr(0, comma);
      rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
      while (!one.empty() && (one.front() == ' ' || one.front() == '\t')) one.remove_prefix(1);
      while (!one.empty() && (one.back() == ' ' || one.back() == '\t')) one.remove_suffix(1);
      if (model::equal_ignoring_case(one, word)) return true;
    }
  }
  return false;
}

bool is_key(std::string_view key) {
  if (key.size() != key_size || !key.ends_with("==")) return false;
  for (const char c : key.substr(0, key_size - 2)) {
    const bool letter = model::lower(c) >= 'a' && model::lower(c) <= 'z';
    if (!letter && !(c >= '0' && c <= '9') && c != '+' && c != '/') return false;
  }
  return true;
}

}  // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this == &other) return *this;
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = other.release();
  return *this;
}

Descriptor::~Descriptor() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

int Descriptor::release() {
  return std::exchange(descriptor_, -1);
}

UpgradeRefusal judge_upgrade(const api::Request& request, bool http_1_0, std::size_t early_bytes) {
  // A page in somebody's browser can open WebSockets to anywhere the browser reaches; only browsers send this header.
  if (request.has_header("Origin")) return {403, "this is for nodes of the cluster, not for browsers"};
  if (!says(request, "Upgrade", "websocket"))
    return {426, "nodes of a cluster speak to each other here, over a WebSocket; GET /v1/peers lists them"};
  if (request.method != api::Method::get || http_1_0) return {400, "a WebSocket begins with GET of HTTP/1.1"};
  if (!says(request, "Connection", "upgrade")) return {400, "Connection does not name the upgrade"};
  if (!request.body.empty() || request.has_header("Transfer-Encoding"))
    return {400, "a request for a WebSocket has no body"};
  if (request.header("Sec-WebSocket-Version") != "13") return {426, "only version 13 of WebSocket is spoken here"};
  if (!is_key(request.header("Sec-WebSocket-Key"))) return {400, "Sec-WebSocket-Key is not 16 bytes in base64"};
  if (early_bytes > early_bytes_max) return {400, "a WebSocket waits for the answer before it sends"};
  return {};
}

}  // namespace muster::net
