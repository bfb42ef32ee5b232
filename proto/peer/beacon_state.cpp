#include "proto/peer/beacon_state.hpp"

namespace muster::peer {
namespace {

constexpr unsigned flag_ready = 1;
constexpr unsigned flag_whole = 2;
constexpr unsigned flag_repeat = 4;
constexpr unsigned all_flags = 7;

void put_varint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
}

void put_word(std::string& out, std::uint64_t word) {
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<char>(word >> shift & 0xff));
}

bool take_varint(std::string_view& rest, std::uint64_t& value) {
  value = 0;
  for (unsigned shift = 0; shift < 64 && !rest.empty(); shift += 7) {
    const auto byte = static_cast<std::uint8_t>(rest.front());
    rest.remove_prefix(1);
    if (shift == 63 && byte > 1) return false;
    value |= std::uint64_t{byte & 0x7fu} << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

bool take_word(std::string_view& rest, std::uint64_t& word) {
  if (rest.size() < 8) return false;
  word = 0;
  for (std::size_t at = 0; at < 8; ++at) word = word << 8 | static_cast<std::uint8_t>(rest[at]);
  rest.remove_prefix(8);
  return true;
}

}  // namespace

std::string pack_state(const Beacon& beacon) {
  std::string out;
  out.reserve(40 + 24 * beacon.heard.size());
  out.push_back(static_cast<char>((beacon.ready ? flag_ready : 0) | (beacon.whole ? flag_whole : 0) |
                                  (beacon.repeat ? flag_repeat : 0)));
  put_varint(out, beacon.tick);
  put_word(out, beacon.known_digest);
  put_word(out, beacon.content);
  put_word(out, beacon.held.sum);
  put_varint(out, beacon.held.count);
  for (const auto& [origin, tick] : beacon.heard) {
    put_word(out, origin.node);
    put_varint(out, origin.boot);
    put_varint(out, tick);
  }
  return out;
}

std::string_view unpack_state(std::string_view bytes, Beacon& beacon) {
  if (bytes.empty() || static_cast<std::uint8_t>(bytes.front()) > all_flags) return "flags";
  const unsigned flags = static_cast<std::uint8_t>(bytes.front());
  bytes.remove_prefix(1);
  beacon.ready = (flags & flag_ready) != 0;
  beacon.whole = (flags & flag_whole) != 0;
  beacon.repeat = (flags & flag_repeat) != 0;
  if (!take_varint(bytes, beacon.tick)) return "tick";
  if (!take_word(bytes, beacon.known_digest)) return "known_digest";
  if (!take_word(bytes, beacon.content)) return "content";
  if (!take_word(bytes, beacon.held.sum)) return "held.sum";
  if (!take_varint(bytes, beacon.held.count)) return "held.count";
  while (!bytes.empty()) {
    Origin origin;
    std::uint64_t tick = 0;
    if (!take_word(bytes, origin.node) || !take_varint(bytes, origin.boot) || !take_varint(bytes, tick)) return "heard";
    beacon.heard.emplace_back(origin, tick);
  }
  return {};
}

}  // namespace muster::peer
