#pragma once

#include <cstdint>

namespace muster::peer {

/// What a message is, as its first element says. Numbers are never used again for anything else.
enum class Kind : std::uint8_t {
  changes = 1,
  taken,
  pull,
  state_chunk,
  chunk_taken,
  beacon,
  renewals,
  marks,
  digest_ask,
  digests,
  leaf_digests,
  mend,
};

}  // namespace muster::peer
