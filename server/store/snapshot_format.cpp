#include "server/store/snapshot_format.hpp"

#include <xxhash.h>

#include <new>

namespace muster::store {
namespace {

constexpr std::string_view header_magic = "MUSTERSN";
constexpr std::string_view trailer_magic = "MUSTEREN";

void put(std::string& out, std::uint64_t number, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i) out.push_back(static_cast<char>(number >> (8 * i) & 0xff));
}

}  // namespace

std::uint64_t checksum(std::string_view bytes, std::uint64_t seed) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

std::string encode_header() {
  std::string out(header_magic);
  put(out, snapshot_format_version, 4);
  put(out, 0, 4);
  put(out, checksum(out), 8);
  return out;
}

std::string encode_frame(std::string_view payload, std::uint64_t index) {
  std::string out;
  put(out, payload.size(), 4);
  put(out, checksum(payload, index), 8);
  return out;
}

std::string encode_trailer(std::uint64_t count) {
  std::string out(trailer_magic);
  put(out, count, 8);
  return out;
}

std::string encode_number(std::uint64_t number) {
  std::string out;
  put(out, number, 8);
  return out;
}

Problem header_problem(std::string_view header) {
  if (!header.starts_with(header_magic)) return "is not a snapshot of muster";
  if (decode_number(header.substr(16, 8)) != checksum(header.substr(0, 16))) return "has a damaged header";
  const std::uint64_t version = decode_number(header.substr(8, 4));
  if (version == snapshot_format_version) return std::nullopt;
  return "has format " + std::to_string(version) + ", this program reads " + std::to_string(snapshot_format_version);
}

ChunkFrame decode_frame(std::string_view frame) {
  return ChunkFrame{static_cast<std::uint32_t>(decode_number(frame.substr(0, 4))), decode_number(frame.substr(4, 8))};
}

std::uint64_t decode_number(std::string_view bytes) {
  std::uint64_t number = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) number = number << 8 | static_cast<unsigned char>(bytes[i]);
  return number;
}

RunningChecksum::RunningChecksum() : state_(XXH3_createState()) {
  if (state_ == nullptr) throw std::bad_alloc();
  XXH3_64bits_reset(state_);
}

RunningChecksum::~RunningChecksum() {
  XXH3_freeState(state_);
}

void RunningChecksum::add(std::string_view bytes) {
  XXH3_64bits_update(state_, bytes.data(), bytes.size());
}

std::uint64_t RunningChecksum::value() const {
  return XXH3_64bits_digest(state_);
}

}  // namespace muster::store
