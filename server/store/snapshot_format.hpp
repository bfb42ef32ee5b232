#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "server/store/file.hpp"

struct XXH3_state_s;

/// The bytes of a snapshot file. All numbers are little-endian, all checksums XXH3-64.
///
///     header   "MUSTERSN", u32 format version, u32 zero, u64 checksum of these 16 bytes
///     chunk    u32 length, u64 checksum of the payload seeded by the chunk's index, payload; any number of chunks
///     trailer  "MUSTEREN", u64 count of chunks, u64 checksum of every byte of the file before it
///
/// The trailer is the last 24 bytes of the file, so that nothing can be cut off or appended unseen.
namespace muster::store {

inline constexpr std::uint32_t snapshot_format_version = 1;
inline constexpr std::size_t snapshot_header_size = 24;
inline constexpr std::size_t snapshot_frame_size = 12;  // of a chunk, without its payload
inline constexpr std::size_t snapshot_trailer_size = 24;

struct ChunkFrame {
  std::uint32_t length = 0;
  std::uint64_t checksum = 0;
};

std::uint64_t checksum(std::string_view bytes, std::uint64_t seed = 0);

std::string encode_header();
std::string encode_frame(std::string_view payload, std::uint64_t index);
/// Without the checksum over the file, which follows it: it covers these 16 bytes too.
std::string encode_trailer(std::uint64_t count);
std::string encode_number(std::uint64_t number);

/// What is wrong with a header, as the rest of a sentence about the file.
Problem header_problem(std::string_view header);
ChunkFrame decode_frame(std::string_view frame);
std::uint64_t decode_number(std::string_view bytes);

/// The checksum of bytes that come piece by piece.
class RunningChecksum {
 public:
  RunningChecksum();
  ~RunningChecksum();
  RunningChecksum(const RunningChecksum&) = delete;
  RunningChecksum& operator=(const RunningChecksum&) = delete;
  void add(std::string_view bytes);
  std::uint64_t value() const;

 private:
  XXH3_state_s* state_;
};

}  // namespace muster::store
