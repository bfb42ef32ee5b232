#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "server/core/record.hpp"
#include "server/core/time.hpp"
#include "server/core/version_vector.hpp"

// What nodes say to each other, as values; how it looks on a wire is not the core's business. Messages may be lost,
// doubled and reordered: everything here is idempotent, and what went missing is pulled.
namespace muster::core {

/// Registers of one record. Those that are not set say nothing.
struct KeyedRecord {
  Key key;
  Record record;
};

/// Writes of one origin: all that it made after the clock `from` up to `to`. A receiver that does not know everything
/// up to `from` has a gap.
struct Changes {
  model::Origin origin;
  std::uint64_t from = 0;
  std::uint64_t to = 0;
  std::vector<KeyedRecord> records;
};

/// "Send me what I lack." Answered by StateChunks with this id; a newer pull of the same peer replaces an older one.
struct Pull {
  std::uint64_t id = 0;
  VersionVector known;
};

/// What the sender of a Pull lacked when it arrived. Taken in the order of `index` only.
struct StateChunk {
  /// With the first chunk.
  struct Head {
    VersionVector cover;   ///< with all chunks the receiver knows all of this
    VersionVector floors;  ///< the sender has forgotten deletes up to here
    bool whole = false;    ///< the chunks are all that the sender has: what else `cover` covers was deleted
  };

  std::uint64_t pull = 0;
  std::uint64_t index = 0;
  std::optional<Head> head;
  std::vector<KeyedRecord> records;
  bool last = false;
};

/// Asks for the chunk after this one.
struct ChunkTaken {
  std::uint64_t pull = 0;
  std::uint64_t index = 0;
};

/// Sent twice a second: what the sender knows, and that it keeps the leases of all that it holds.
struct Beacon {
  VersionVector known;
};

/// Heartbeats that came to a node that does not hold the lease, with their ages.
struct Renewals {
  std::vector<std::pair<Key, Monotonic>> renewed;
};

using PeerMessage = std::variant<Changes, Pull, StateChunk, ChunkTaken, Beacon, Renewals>;

}  // namespace muster::core
