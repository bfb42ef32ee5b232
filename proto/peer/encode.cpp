#include "proto/peer/encode.hpp"

#include <algorithm>
#include <limits>

#include "proto/peer/beacon_state.hpp"
#include "proto/peer/kind.hpp"
#include "proto/peer/record_writer.hpp"

namespace muster::peer {
namespace {

using std::chrono::milliseconds;

/// One message: its kind and so many fields.
CborWriter& begin(RecordWriter& out, Kind kind, std::uint64_t fields) {
  out.cbor().array(1 + fields);
  out.cbor().number(static_cast<std::uint64_t>(kind));
  return out.cbor();
}

/// Hashes have no small values, so that eight bytes each is the shortest.
void put_hash(std::string& out, std::uint64_t hash) {
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<char>(hash >> shift & 0xff));
}

std::string packed(const std::vector<std::uint64_t>& hashes) {
  std::string out;
  out.reserve(8 * hashes.size());
  for (const std::uint64_t hash : hashes) put_hash(out, hash);
  return out;
}

void put_places(CborWriter& out, const std::vector<std::uint32_t>& places) {
  out.array(places.size());
  for (const std::uint32_t place : places) out.number(place);
}

std::uint64_t age_ms(std::chrono::microseconds age) {
  constexpr milliseconds max{std::numeric_limits<std::uint32_t>::max()};
  const auto whole = std::chrono::duration_cast<milliseconds>(age);
  return static_cast<std::uint64_t>(std::clamp(whole, milliseconds{0}, max).count());
}

void write(RecordWriter& out, const Changes& message) {
  CborWriter& cbor = begin(out, Kind::changes, 5);
  out.origin(message.origin);
  cbor.number(message.from);
  cbor.number(message.to);
  cbor.boolean(message.confirm);
  out.records(message.records);
}

void write(RecordWriter& out, const Taken& message) {
  CborWriter& cbor = begin(out, Kind::taken, 2);
  out.origin(message.origin);
  cbor.number(message.to);
}

void write(RecordWriter& out, const Pull& message) {
  begin(out, Kind::pull, 2).number(message.id);
  out.vector(message.known);
}

void write(RecordWriter& out, const StateChunk& message) {
  CborWriter& cbor = begin(out, Kind::state_chunk, 5);
  cbor.number(message.pull);
  cbor.number(message.index);
  if (message.head) {
    cbor.array(3);
    out.vector(message.head->cover);
    out.vector(message.head->floors);
    cbor.boolean(message.head->whole);
  } else {
    cbor.null();
  }
  cbor.boolean(message.last);
  out.records(message.records);
}

void write(RecordWriter& out, const ChunkTaken& message) {
  CborWriter& cbor = begin(out, Kind::chunk_taken, 2);
  cbor.number(message.pull);
  cbor.number(message.index);
}

void write(RecordWriter& out, const Beacon& message) {
  const bool says_known = !message.known.clocks().empty();
  begin(out, Kind::beacon, says_known ? 2 : 1).bytes(pack_state(message));
  if (says_known) out.vector(message.known);
}

void write(RecordWriter& out, const Renewals& message) {
  CborWriter& cbor = begin(out, Kind::renewals, 1);
  cbor.array(3 * message.renewed.size());
  for (const auto& [key, age] : message.renewed) {
    out.key(key);
    cbor.number(age_ms(age));
  }
}

void write(RecordWriter& out, const Marks& message) {
  CborWriter& cbor = begin(out, Kind::marks, 2);
  cbor.boolean(message.whole);
  cbor.array(3 * message.marks.size());
  for (const auto& [key, state] : message.marks) {
    out.key(key);
    cbor.number(static_cast<std::uint64_t>(state));
  }
}

void write(RecordWriter& out, const DigestAsk& message) {
  CborWriter& cbor = begin(out, Kind::digest_ask, 3);
  cbor.number(message.scrub);
  cbor.number(message.level);
  put_places(cbor, message.places);
}

void write(RecordWriter& out, const Digests& message) {
  CborWriter& cbor = begin(out, Kind::digests, 4);
  cbor.number(message.scrub);
  cbor.number(message.level);
  put_places(cbor, message.places);
  cbor.bytes(packed(message.sums));
}

void write(RecordWriter& out, const LeafDigests& message) {
  CborWriter& cbor = begin(out, Kind::leaf_digests, 3);
  cbor.number(message.scrub);
  put_places(cbor, message.places);
  std::string pairs;
  pairs.reserve(16 * message.records.size());
  for (const auto& [key_hash, digest] : message.records) {
    put_hash(pairs, key_hash);
    put_hash(pairs, digest);
  }
  cbor.bytes(pairs);
}

void write(RecordWriter& out, const Mend& message) {
  CborWriter& cbor = begin(out, Kind::mend, 3);
  cbor.number(message.scrub);
  cbor.bytes(packed(message.wanted));
  out.records(message.records);
}

}  // namespace

std::string encode(const Message& message) {
  std::string bytes;
  RecordWriter out(bytes);
  std::visit([&out](const auto& held) { write(out, held); }, message);
  return bytes;
}

std::string encode_records(std::span<const KeyedRecord> records) {
  std::string bytes;
  RecordWriter(bytes).records(records);
  return bytes;
}

std::string encode_vector(const VersionVector& vector) {
  std::string bytes;
  RecordWriter(bytes).vector(vector);
  return bytes;
}

}  // namespace muster::peer
