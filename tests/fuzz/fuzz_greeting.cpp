// What a stranger says at the link of nodes: reading it must be safe, and what is read must be read back the same.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "proto/peer/hello.hpp"
#include "server/net/peers/handshake.hpp"
#include "server/net/peers/items.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace muster;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto read = peer::read_greeting(text);
  if (const auto* greeting = std::get_if<peer::Greeting>(&read)) {
    const auto* hello = std::get_if<peer::Hello>(greeting);
    if (!hello || hello->protocol == peer::protocol_version) {
      const auto again = peer::read_greeting(peer::write_greeting(*greeting));
      if (!(again == read)) std::abort();
    }
    net::Handshake handshake(net::Handshake::Role::accepted, {}, "");
    handshake.take(text);
    for (const char c : handshake.reason())
      if (c < 0x20 || c == 0x7f) std::abort();
  }
  net::ItemReader items(text, net::item_bytes_max);
  std::size_t bytes = 0;
  while (!items.at_end()) {
    const auto item = items.next();
    if (!item) return 0;
    bytes += item->size() + net::item_head_bytes;
  }
  if (bytes != size) std::abort();
  return 0;
}
