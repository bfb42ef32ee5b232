#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "proto/model/record.hpp"
#include "proto/model/version_vector.hpp"

// What nodes say to each other once a link stands, as values. Everything is idempotent: messages may be lost with
// their link, and what went missing is pulled.
namespace muster::peer {

using model::Key;
using model::Origin;
using model::VersionVector;

/// Registers of one record. Those that are not set say nothing.
struct KeyedRecord {
  Key key;
  model::Record record;
};

/// Writes of one origin: all that it made after the clock `from` up to `to`. A receiver that does not know everything
/// up to `from` has a gap.
struct Changes {
  Origin origin;
  std::uint64_t from = 0;
  std::uint64_t to = 0;
  bool confirm = false;  ///< a client waits for a Taken
  std::vector<KeyedRecord> records;
};

/// All writes of `origin` up to `to` are here.
struct Taken {
  Origin origin;
  std::uint64_t to = 0;
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

/// This chunk and all before it have been taken; the sender keeps a few under way.
struct ChunkTaken {
  std::uint64_t pull = 0;
  std::uint64_t index = 0;
};

/// The leases that one boot of a node keeps: how many, and a sum over their keys and holder versions.
struct HeldLeases {
  std::uint64_t count = 0;
  std::uint64_t sum = 0;

  bool operator==(const HeldLeases&) const = default;
};

/// Sent twice a second: what the sender knows, and that it keeps the leases of all that it holds. Its size does not
/// depend on how many these are.
struct Beacon {
  std::uint64_t tick = 0;  ///< numbers the beacons of this boot
  bool ready = false;      ///< its reads are open
  bool whole = false;      ///< `known` is all that it knows; else what changed since its last beacon on this link
  bool repeat = false;     ///< asks for a whole beacon, having missed one
  std::uint64_t known_digest = 0;  ///< of all that it knows: VersionVector::digest()
  VersionVector known;
  std::uint64_t content = 0;  ///< root of its digest tree
  HeldLeases held;
  std::vector<std::pair<Origin, std::uint64_t>> heard;  ///< the last ticks of other nodes that came to it on any path
};

/// Heartbeats that came to a node that does not hold the lease, with their ages. On the wire these are milliseconds.
struct Renewals {
  std::vector<std::pair<Key, std::chrono::microseconds>> renewed;
};

/// States of leases that the sender holds.
struct Marks {
  bool whole = false;  ///< those that are not listed are ok
  std::vector<std::pair<Key, model::LeaseState>> marks;
};

/// Asks for the sums of the 16 parts of some places of the digest tree, at a level from 0 (the root) to 4 (the leaves).
struct DigestAsk {
  std::uint64_t scrub = 0;
  std::uint8_t level = 0;
  std::vector<std::uint32_t> places;
};

/// The answer at the levels above the leaves: 16 sums a place, in the order in which it was asked.
struct Digests {
  std::uint64_t scrub = 0;
  std::uint8_t level = 0;
  std::vector<std::uint32_t> places;
  std::vector<std::uint64_t> sums;
};

/// The answer at the leaves: for each live record in them the hash of its key and its digest.
struct LeafDigests {
  std::uint64_t scrub = 0;
  std::vector<std::uint32_t> places;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> records;
};

/// Records that two nodes have differently. Whoever gets them merges them, and sends back those of which it has more,
/// and those that are wanted.
struct Mend {
  std::uint64_t scrub = 0;
  std::vector<KeyedRecord> records;
  std::vector<std::uint64_t> wanted;  ///< hashes of keys
};

using Message = std::variant<Changes, Taken, Pull, StateChunk, ChunkTaken, Beacon, Renewals, Marks, DigestAsk, Digests,
                             LeafDigests, Mend>;

}  // namespace muster::peer
