#pragma once

#include <span>
#include <string>

#include "proto/peer/message.hpp"

// How nodes write to each other, and what they keep on disk: CBOR (RFC 8949), definite lengths only.
// `proto/peer/README.md` describes the format. Written item by item and without documents in between, as a million
// records have to join in ten seconds. Equal values are equal bytes. Safe on any thread.
namespace muster::peer {

/// One message, as an array of its kind and its fields. Precondition: registrations have a payload, and keys are ones
/// that decode() takes. Ages of renewals are cut to whole milliseconds and to 49 days.
std::string encode(const Message& message);

/// A run of records alone, for a snapshot. It can be read without any other run.
std::string encode_records(std::span<const KeyedRecord> records);

/// A version vector alone, for a snapshot.
std::string encode_vector(const VersionVector& vector);

}  // namespace muster::peer
