#pragma once

#include <string>
#include <string_view>

#include "proto/peer/message.hpp"

namespace muster::peer {

/// A beacon but for `known`, packed: the bytes are sent twice a second on every link, for ever, and CBOR spends nine
/// of them on a boot number of six and five on a tick of three. Layout: one byte of flags, the tick, three hashes of
/// eight bytes, the count of held leases, then for each node that was heard its id in eight bytes, its boot and its
/// tick. Numbers are varints, seven bits a byte, the lowest first.
std::string pack_state(const Beacon& beacon);

/// Fills all but `known`. The name of the field that cannot be read, or nothing when all could.
std::string_view unpack_state(std::string_view bytes, Beacon& beacon);

}  // namespace muster::peer
