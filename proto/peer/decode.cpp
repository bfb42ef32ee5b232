#include "proto/peer/decode.hpp"

#include <limits>
#include <utility>

#include "proto/peer/beacon_state.hpp"
#include "proto/peer/kind.hpp"
#include "proto/peer/record_reader.hpp"

namespace muster::peer {
namespace {

/// Levels of the digest tree: the root is 0.
constexpr std::uint64_t leaf_level = 4;
constexpr std::uint64_t parts_of_place = 16;
/// Two texts of one letter, and a number.
constexpr std::size_t keyed_bytes_min = 5;

std::uint64_t places_at(std::uint64_t level) {
  return std::uint64_t{1} << (4 * level);
}

std::vector<std::uint64_t> hashes(CborReader& cbor, const char* field) {
  const std::string_view bytes = cbor.bytes(field);
  if (bytes.size() % 8 != 0) cbor.refuse(field, "is no whole number of hashes of 8 bytes");
  std::vector<std::uint64_t> out(bytes.size() / 8);
  for (std::size_t at = 0; at < 8 * out.size(); ++at)
    out[at / 8] = out[at / 8] << 8 | static_cast<std::uint8_t>(bytes[at]);
  return out;
}

std::vector<std::uint32_t> places(CborReader& cbor, std::uint64_t level) {
  const std::size_t count = cbor.array("places");
  std::vector<std::uint32_t> out;
  out.reserve(room_for<std::uint32_t>(count, cbor));
  for (std::size_t at = 0; at < count && cbor.good(); ++at)
    out.push_back(static_cast<std::uint32_t>(cbor.number("places", places_at(level) - 1)));
  return out;
}

/// Keys with a value each, in one flat array. `value` reads one.
template <typename Value, typename ReadValue>
std::vector<std::pair<Key, Value>> keyed(RecordReader& in, const char* field, ReadValue value) {
  CborReader& cbor = in.cbor();
  const std::size_t items = cbor.array(field);
  if (items % 3 != 0) cbor.refuse(field, "has an entry that is not complete");
  if (items / 3 > cbor.left() / keyed_bytes_min) cbor.refuse(field, "has more entries than bytes to hold them");
  std::vector<std::pair<Key, Value>> out;
  out.reserve(room_for<std::pair<Key, Value>>(items / 3, cbor));
  for (std::size_t at = 0; at < items && cbor.good(); at += 3) {
    Key key = in.key();
    out.emplace_back(std::move(key), value());
    if (!cbor.good()) cbor.within(std::string(field) + "[" + std::to_string(at / 3) + "]");
  }
  return out;
}

void read(RecordReader& in, Changes& message) {
  message.origin = in.origin("origin");
  message.from = in.cbor().number("from", model::clock_max);
  message.to = in.cbor().number("to", model::clock_max);
  if (in.cbor().good() && message.from > message.to) in.cbor().refuse("from", "is after to");
  message.confirm = in.cbor().boolean("confirm");
  message.records = in.records("records");
}

void read(RecordReader& in, Taken& message) {
  message.origin = in.origin("origin");
  message.to = in.cbor().number("to", model::clock_max);
}

void read(RecordReader& in, Pull& message) {
  message.id = in.cbor().number("id");
  message.known = in.vector("known");
}

void read(RecordReader& in, StateChunk& message) {
  message.pull = in.cbor().number("pull");
  message.index = in.cbor().number("index");
  if (!in.cbor().null()) {
    in.cbor().array_of("head", 3);
    StateChunk::Head head;
    head.cover = in.vector("head.cover");
    head.floors = in.vector("head.floors");
    head.whole = in.cbor().boolean("head.whole");
    message.head = std::move(head);
  }
  message.last = in.cbor().boolean("last");
  message.records = in.records("records");
}

void read(RecordReader& in, ChunkTaken& message) {
  message.pull = in.cbor().number("pull");
  message.index = in.cbor().number("index");
}

void read(RecordReader& in, Beacon& message) {
  const std::string_view state = in.cbor().bytes("state");
  if (!in.cbor().good()) return;
  const std::string_view field = unpack_state(state, message);
  if (!field.empty()) in.cbor().refuse(field, "is cut off or out of range");
}

void read(RecordReader& in, Renewals& message) {
  message.renewed = keyed<std::chrono::microseconds>(in, "renewed", [&in] {
    return std::chrono::milliseconds(in.cbor().number("age_ms", std::numeric_limits<std::uint32_t>::max()));
  });
}

void read(RecordReader& in, Marks& message) {
  message.whole = in.cbor().boolean("whole");
  message.marks =
      keyed<model::LeaseState>(in, "marks", [&in] { return in.cbor().choice("state", model::LeaseState::held); });
}

void read(RecordReader& in, DigestAsk& message) {
  message.scrub = in.cbor().number("scrub");
  message.level = static_cast<std::uint8_t>(in.cbor().number("level", leaf_level));
  message.places = places(in.cbor(), message.level);
}

void read(RecordReader& in, Digests& message) {
  message.scrub = in.cbor().number("scrub");
  message.level = static_cast<std::uint8_t>(in.cbor().number("level", leaf_level - 1));
  message.places = places(in.cbor(), message.level);
  message.sums = hashes(in.cbor(), "sums");
  if (in.cbor().good() && message.sums.size() != parts_of_place * message.places.size())
    in.cbor().refuse("sums", "does not have 16 sums for each place");
}

void read(RecordReader& in, LeafDigests& message) {
  message.scrub = in.cbor().number("scrub");
  message.places = places(in.cbor(), leaf_level);
  const std::vector<std::uint64_t> words = hashes(in.cbor(), "records");
  if (words.size() % 2 != 0) return in.cbor().refuse("records", "has a key without a digest");
  message.records.reserve(words.size() / 2);
  for (std::size_t at = 0; at < words.size(); at += 2) message.records.emplace_back(words[at], words[at + 1]);
}

void read(RecordReader& in, Mend& message) {
  message.scrub = in.cbor().number("scrub");
  message.wanted = hashes(in.cbor(), "wanted");
  message.records = in.records("records");
}

Decoded finish(CborReader& cbor, std::size_t unread, Decoded decoded) {
  for (; unread > 0 && cbor.good(); --unread) cbor.skip("A field of a later version");
  cbor.end();
  return cbor.good() ? std::move(decoded) : Decoded(Refused{cbor.problem()});
}

/// `fields` are those that this version knows, `items` what there is.
template <typename Held>
Decoded take(RecordReader& in, std::size_t items, std::size_t fields) {
  if (items < fields)
    in.cbor().refuse("The message", "has " + std::to_string(items) + " fields; its kind has " + std::to_string(fields));
  Message message{std::in_place_type<Held>};
  read(in, std::get<Held>(message));
  return finish(in.cbor(), items - fields, std::move(message));
}

/// What others know is left out where nothing is said, which is nearly always.
Decoded take_beacon(RecordReader& in, std::size_t items) {
  if (items < 1) in.cbor().refuse("The message", "has no fields; a beacon has a state");
  Message message{std::in_place_type<Beacon>};
  auto& beacon = std::get<Beacon>(message);
  read(in, beacon);
  if (items > 1) beacon.known = in.vector("known");
  return finish(in.cbor(), items > 2 ? items - 2 : 0, std::move(message));
}

Decoded take_kind(RecordReader& in, Kind kind, std::size_t items) {
  switch (kind) {
    case Kind::changes:
      return take<Changes>(in, items, 5);
    case Kind::taken:
      return take<Taken>(in, items, 2);
    case Kind::pull:
      return take<Pull>(in, items, 2);
    case Kind::state_chunk:
      return take<StateChunk>(in, items, 5);
    case Kind::chunk_taken:
      return take<ChunkTaken>(in, items, 2);
    case Kind::beacon:
      return take_beacon(in, items);
    case Kind::renewals:
      return take<Renewals>(in, items, 1);
    case Kind::marks:
      return take<Marks>(in, items, 2);
    case Kind::digest_ask:
      return take<DigestAsk>(in, items, 3);
    case Kind::digests:
      return take<Digests>(in, items, 4);
    case Kind::leaf_digests:
      return take<LeafDigests>(in, items, 3);
    case Kind::mend:
      return take<Mend>(in, items, 3);
  }
  return finish(in.cbor(), items, UnknownKind{static_cast<std::uint64_t>(kind)});
}

}  // namespace

Decoded decode(std::string_view bytes, const model::InstanceLimits& limits) {
  RecordReader in(bytes, limits);
  CborReader& cbor = in.cbor();
  const std::size_t items = cbor.array("The message");
  const std::uint64_t kind = cbor.number("kind");
  if (!cbor.good()) return Refused{cbor.problem()};
  if (items == 0) return Refused{"kind is missing: the message is empty"};
  constexpr auto last = static_cast<std::uint64_t>(Kind::mend);
  if (kind == 0 || kind > last) return finish(cbor, items - 1, UnknownKind{kind});
  return take_kind(in, static_cast<Kind>(kind), items - 1);
}

std::variant<std::vector<KeyedRecord>, Refused> decode_records(std::string_view bytes,
                                                               const model::InstanceLimits& limits) {
  RecordReader in(bytes, limits);
  std::vector<KeyedRecord> records = in.records("records");
  in.cbor().end();
  if (!in.cbor().good()) return Refused{in.cbor().problem()};
  return records;
}

std::variant<VersionVector, Refused> decode_vector(std::string_view bytes) {
  const model::InstanceLimits unused;
  RecordReader in(bytes, unused);
  VersionVector known = in.vector("known");
  in.cbor().end();
  if (!in.cbor().good()) return Refused{in.cbor().problem()};
  return known;
}

}  // namespace muster::peer
