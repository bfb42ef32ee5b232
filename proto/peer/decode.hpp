#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "proto/model/limits.hpp"
#include "proto/peer/message.hpp"

// Reads what encode.hpp writes, from bytes that may be damaged or hostile: it never reads beyond them, reserves no more
// memory than they take, and needs no stack for what they nest. Safe on any thread.
namespace muster::peer {

/// A message of a later version: well-formed, to be passed over.
struct UnknownKind {
  std::uint64_t kind = 0;
};

/// A sentence that begins with the field: "records[17].holder.node refers to origin 7; only 2 came before it".
struct Refused {
  std::string problem;
};

using Decoded = std::variant<Message, UnknownKind, Refused>;

/// `limits` are those of names, ids and patched metadata. They have to be as wide as those of every node that writes:
/// one record beyond them refuses the whole message. Nothing of a refused message is kept.
Decoded decode(std::string_view bytes, const model::InstanceLimits& limits = {});

std::variant<std::vector<KeyedRecord>, Refused> decode_records(std::string_view bytes,
                                                               const model::InstanceLimits& limits = {});

std::variant<VersionVector, Refused> decode_vector(std::string_view bytes);

}  // namespace muster::peer
