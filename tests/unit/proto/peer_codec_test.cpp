#include <catch2/catch.hpp>
#include <limits>

#include "proto/peer/cbor_writer.hpp"
#include "proto/peer/decode.hpp"
#include "proto/peer/encode.hpp"
#include "tests/unit/proto/peer_samples.hpp"

using namespace muster;
using namespace muster::test;

// Goal: what one node says another understands, field by field and in bytes that later versions can still read; and
// whatever else comes is refused with a sentence that names the field.
// Method: a message of every kind with every field set, there and back; golden bytes; samples cut at every place and
// changed in every bit; hand-written messages with one lie each.

namespace {

/// Exactly so many bytes on the heap, so that a read beyond them is seen.
peer::Decoded decode_exactly(std::string_view bytes) {
  const std::vector<char> copy(bytes.begin(), bytes.end());
  return peer::decode({copy.data(), copy.size()});
}

peer::Message understood(std::string_view bytes) {
  peer::Decoded decoded = decode_exactly(bytes);
  if (const auto* refused = std::get_if<peer::Refused>(&decoded)) FAIL(refused->problem);
  REQUIRE(std::holds_alternative<peer::Message>(decoded));
  return std::get<peer::Message>(std::move(decoded));
}

std::string problem_of(std::string_view bytes) {
  const peer::Decoded decoded = decode_exactly(bytes);
  const auto* refused = std::get_if<peer::Refused>(&decoded);
  return refused == nullptr ? "(none)" : refused->problem;
}

std::string hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    out.push_back("0123456789abcdef"[static_cast<unsigned char>(c) >> 4]);
    out.push_back("0123456789abcdef"[c & 0xf]);
  }
  return out;
}

std::string with_record(const peer::KeyedRecord& record) {
  return encode(peer::Mend{1, {record}, {}});
}

/// The bytes of `from`, which occur once, become `to`.
std::string replaced(std::string bytes, std::string_view from, std::string_view to) {
  const std::size_t at = bytes.find(from);
  REQUIRE(at != std::string::npos);
  REQUIRE(bytes.find(from, at + 1) == std::string::npos);
  return bytes.replace(at, from.size(), to);
}

/// A message of any kind, written by hand.
template <typename Write>
std::string by_hand(Write write) {
  std::string out;
  peer::CborWriter cbor(out);
  write(cbor);
  return out;
}

}  // namespace

TEST_CASE("a message of every kind comes through with every field") {
  for (const peer::Message& message : a_message_of_every_kind()) {
    CAPTURE(message.index());
    const peer::Message again = understood(encode(message));
    CHECK(same(message, again));
    CHECK(hex(encode(again)) == hex(encode(message)));
  }
}

TEST_CASE("a message of every kind comes through with nothing in it") {
  const peer::Message empty[] = {peer::Changes{},    peer::Taken{},   peer::Pull{},        peer::StateChunk{},
                                 peer::ChunkTaken{}, peer::Beacon{},  peer::Renewals{},    peer::Marks{},
                                 peer::DigestAsk{},  peer::Digests{}, peer::LeafDigests{}, peer::Mend{}};
  for (const peer::Message& message : empty) {
    CAPTURE(message.index());
    CHECK(same(message, understood(encode(message))));
  }
}

TEST_CASE("each register comes through alone") {
  const std::vector<peer::KeyedRecord> records = single_registers();
  const auto again = peer::decode_records(peer::encode_records(records));
  REQUIRE(std::holds_alternative<std::vector<peer::KeyedRecord>>(again));
  CHECK(same(records, std::get<std::vector<peer::KeyedRecord>>(again)));
}

TEST_CASE("a version vector comes through alone") {
  const auto again = peer::decode_vector(peer::encode_vector(a_vector()));
  REQUIRE(std::holds_alternative<model::VersionVector>(again));
  CHECK(std::get<model::VersionVector>(again) == a_vector());
  CHECK(std::holds_alternative<peer::Refused>(peer::decode_vector(peer::encode_vector(a_vector()) + "x")));
}

TEST_CASE("the largest numbers come through") {
  constexpr auto most = std::numeric_limits<std::uint64_t>::max();
  peer::Beacon beacon;
  beacon.tick = beacon.known_digest = beacon.content = beacon.held.count = beacon.held.sum = most;
  beacon.heard = {{{most, most}, most}};
  beacon.known.raise({most, most}, model::clock_max);
  CHECK(same(peer::Message(beacon), understood(encode(beacon))));
  peer::KeyedRecord record = registered_record();
  record.record.registration->dirty_ms = std::numeric_limits<std::int64_t>::min();
  record.record.registration->version.clock = model::clock_max;
  CHECK(
      same(peer::Message(peer::Mend{most, {record}, {most}}), understood(encode(peer::Mend{most, {record}, {most}}))));
}

TEST_CASE("ages travel as whole milliseconds within their bounds") {
  using namespace std::chrono_literals;
  const peer::Message message = understood(encode(peer::Renewals{
      {{{"orders", "w1"}, 1999us}, {{"orders", "w2"}, -5ms}, {{"orders", "w3"}, std::chrono::microseconds::max()}}}));
  const auto& renewed = std::get<peer::Renewals>(message).renewed;
  CHECK(renewed[0].second == 1ms);
  CHECK(renewed[1].second == 0ms);
  CHECK(renewed[2].second == std::chrono::milliseconds(4'294'967'295));
}

TEST_CASE("the bytes of changes are these") {
  peer::KeyedRecord record = registered_record();
  record.record.registration->payload = std::make_shared<const std::string>("\x01\x05\x02w2", 5);
  CHECK(hex(encode(peer::Changes{node_a, 5, 1000, true, {record}})) ==
        "8601"                                // six items, the kind
        "500102030405060708000001a1ee565e7b"  // the origin
        "051903e8f5"                          // from, to, confirm
        "8185666f726465727362773209"          // one record of five items: orders, w2, registration and holder
        "8882001b01a1ee5661e80001"            // the registration: its version, of origin 0
        "1b000001a1ee5661e701"                // incarnation, and how far its rank is above
        "450105027732"                        // payload
        "02051affffffff26"                    // STARTING, lease, dirty_ms
        "8282001b01a1ee5661e8000100");
}

TEST_CASE("the bytes of a steady beacon are these, and at most 90") {
  const std::string bytes = encode(steady_beacon());
  CHECK(bytes.size() <= 90);
  CHECK(hex(bytes) ==
        "82065856"                                                // two items, the kind, 86 bytes
        "01ffffff7f"                                              // ready, tick
        "111213141516171821222324252627283132333435363738c0843d"  // known_digest, content, held.sum, held.count
        "f1f2f3f4f5f6f7f9c9bfd9f29e34ffffff7f"
        "f1f2f3f4f5f6f7facabfd9f29e34feffff7f"
        "f1f2f3f4f5f6f7fbcbbfd9f29e34fdffff7f");
}

TEST_CASE("an origin is spelt out once in a message") {
  const std::string one = encode(peer::Mend{1, {registered_record()}, {}});
  const std::string two = encode(peer::Mend{1, {registered_record(), registered_record()}, {}});
  CHECK(2 * one.size() - two.size() >= 17);
}

TEST_CASE("a message that is cut off is refused") {
  for (const peer::Message& message : a_message_of_every_kind()) {
    const std::string bytes = encode(message);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      CAPTURE(message.index(), size);
      CHECK(problem_of(std::string_view(bytes).substr(0, size)) != "(none)");
    }
  }
}

TEST_CASE("a message with a changed bit is refused or read as another") {
  for (const peer::Message& message : a_message_of_every_kind()) {
    std::string bytes = encode(message);
    for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
      const auto mask = static_cast<char>(1 << bit % 8);
      bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ mask);
      const peer::Decoded decoded = decode_exactly(bytes);
      if (const auto* other = std::get_if<peer::Message>(&decoded)) {
        CAPTURE(message.index(), bit);
        CHECK(same(*other, understood(encode(*other))));
      }
      bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ mask);
    }
  }
}

TEST_CASE("fields of a later version are passed over, whatever they hold") {
  for (const peer::Message& message : a_message_of_every_kind()) {
    std::string bytes = encode(message);
    REQUIRE((static_cast<unsigned char>(bytes[0]) & 0xe0) == 0x80);  // a short array: its length is in the first byte
    bytes[0] = static_cast<char>(bytes[0] + 3);
    // A map of an array and a tagged text; a float; a byte string.
    bytes.append("\xa1\x82\x01\xf6\xc1\x61z", 7).append("\xfb\x01\x02\x03\x04\x05\x06\x07\x08", 9).append("\x42zz");
    CAPTURE(message.index());
    CHECK(same(message, understood(bytes)));
    CHECK(problem_of(bytes + "x") == "The end is followed by 1 bytes that belong to nothing");
    CHECK(problem_of(bytes.substr(0, bytes.size() - 1)).find("A field of a later version says") == 0);
  }
}

TEST_CASE("a kind of a later version is told from damage") {
  const peer::Decoded later = decode_exactly("\x83\x18\x63\x61x\x81\x01");
  REQUIRE(std::holds_alternative<peer::UnknownKind>(later));
  CHECK(std::get<peer::UnknownKind>(later).kind == 99);
  CHECK(problem_of("\x83\x18\x63\x61x\x81").find("A field of a later version") == 0);
  CHECK(std::holds_alternative<peer::UnknownKind>(decode_exactly(std::string_view("\x81\x00", 2))));
}

TEST_CASE("a nest of any depth needs no stack") {
  const std::string nest = "\x82\x18\x63" + std::string(1'000'000, '\x81');
  CHECK(problem_of(nest).find("A field of a later version") == 0);
  CHECK(std::holds_alternative<peer::UnknownKind>(decode_exactly(nest + "\x01")));
}

TEST_CASE("what no client can have registered is refused by name") {
  peer::KeyedRecord record = registered_record();
  const auto problem = [&record](auto change) {
    peer::KeyedRecord changed = record;
    change(changed);
    return problem_of(with_record(changed));
  };
  CHECK(problem([](auto& r) { r.key.service = "Orders"; }) ==
        "records[0].service has an upper case letter; peers name services in lower case");
  CHECK(problem([](auto& r) { r.key.service = ""; }) == "records[0].service is empty; give the service a name");
  CHECK(problem([](auto& r) { r.key.service = "a/b"; }).find("records[0].service contains '/'") == 0);
  CHECK(problem([](auto& r) { r.key.service = std::string(256, 'a'); }).find("records[0].service is 256 bytes") == 0);
  CHECK(problem([](auto& r) { r.key.id = ""; }) == "records[0].id is empty; give the instance an id");
  CHECK(problem([](auto& r) { r.key.id = "\xff"; }).find("records[0].id is not valid UTF-8") == 0);
  CHECK(problem([](auto& r) { r.key.id = std::string(513, 'a'); }).find("records[0].id is 513 bytes") == 0);
  CHECK(problem([](auto& r) {
          r.record.registration->payload = std::make_shared<const std::string>("\x01\x05");
        }).find("records[0].registration.payload cannot be unpacked") == 0);
  CHECK(problem([](auto& r) {
          r.record.registration->incarnation = r.record.registration->rank = model::incarnation_max + 1;
        }) == "records[0].registration.incarnation is 9007199254740993; at most 9007199254740992 is allowed");
  CHECK(problem([](auto& r) { r.record.registration->rank = model::incarnation_max + 1; }) ==
        "records[0].registration.rank_excess is 9005404254739994; at most 9005404254739993 is allowed");
  CHECK(problem([](auto& r) { r.record.registration->reported = model::Status{5}; }) ==
        "records[0].registration.reported is 5; at most 4 is allowed");
  CHECK(problem([](auto& r) {
          r.record.overlay = std::make_shared<const model::Overlay>(model::Overlay{{"k", {{}, "\xff"}}});
        }).find("records[0].overlay metadata.k is not valid UTF-8") == 0);
  CHECK(problem([](auto& r) {
          model::Override drain;
          drain.by = "\xff";
          r.record.override_ = std::make_shared<const model::Override>(drain);
        }) == "records[0].override.by is not valid UTF-8");
  CHECK(problem([](auto& r) {
          model::Tombstone tombstone;
          tombstone.why = model::Cause{8};
          r.record.tombstone = std::make_shared<const model::Tombstone>(tombstone);
        }) == "records[0].tombstone.why is 8; at most 7 is allowed");
}

TEST_CASE("limits are those of the receiver's configuration") {
  model::InstanceLimits limits;
  limits.instance_id_bytes = 1;
  const std::string bytes = peer::encode_records(std::vector{bare_record()});
  CHECK(std::holds_alternative<peer::Refused>(peer::decode_records(bytes, limits)));
  limits.instance_id_bytes = 2;
  CHECK(std::holds_alternative<std::vector<peer::KeyedRecord>>(peer::decode_records(bytes, limits)));
}

TEST_CASE("numbers out of range are refused by name") {
  const std::string registered = with_record(registered_record());
  CHECK(problem_of(replaced(registered, "\x1a\xff\xff\xff\xff", std::string("\x1b\0\0\0\1\0\0\0\0", 9))) ==
        "records[0].registration.lease.duration_s is 4294967296; at most 4294967295 is allowed");
  CHECK(problem_of(encode(peer::Marks{false, {{{"a", "b"}, model::LeaseState{3}}}})) ==
        "marks[0].state is 3; at most 2 is allowed");
  model::VersionVector ahead;
  ahead.raise({1, 1}, model::clock_max + 1);
  CHECK(problem_of(encode(peer::Pull{1, ahead})) ==
        "known is 9223372036854775809; at most 9223372036854775808 is allowed");
  CHECK(problem_of(encode(peer::DigestAsk{1, 5, {}})) == "level is 5; at most 4 is allowed");
  CHECK(problem_of(encode(peer::DigestAsk{1, 1, {16}})) == "places is 16; at most 15 is allowed");
  CHECK(problem_of(encode(peer::Digests{1, 1, {15}, {1}})) == "sums does not have 16 sums for each place");
  CHECK(problem_of(by_hand([](peer::CborWriter& cbor) {
          cbor.array(2);
          cbor.number(7);
          cbor.array(3);
          cbor.text("a");
          cbor.text("b");
          cbor.signed_number(-1);
        })) == "renewed[0].age_ms is a negative number, not a number");
  CHECK(problem_of(by_hand([](peer::CborWriter& cbor) {
          cbor.array(2);
          cbor.number(6);
          cbor.bytes("\x08");
        })) == "flags is cut off or out of range");
}

TEST_CASE("lengths that lie are refused before room is made for them") {
  const auto lie = [](std::uint64_t kind, auto write) {
    return problem_of(by_hand([&](peer::CborWriter& cbor) {
      cbor.array(3);
      cbor.number(kind);
      write(cbor);
    }));
  };
  constexpr std::uint64_t lots = std::uint64_t{1} << 60;
  CHECK(lie(3, [&](peer::CborWriter& cbor) {
          cbor.number(1);
          cbor.array(lots);
        }).find("known says that it has 1152921504606846976 items") == 0);
  CHECK(lie(12, [&](peer::CborWriter& cbor) {
          cbor.number(1);
          cbor.bytes("");
          cbor.array(lots);
        }).find("The message has 2 fields") == 0);
  CHECK(lie(8, [&](peer::CborWriter& cbor) {
          cbor.boolean(true);
          cbor.array(lots);
        }).find("marks says that it has") == 0);
  CHECK(lie(8, [&](peer::CborWriter& cbor) {
          cbor.boolean(true);
          cbor.array(6);
          cbor.text("a");
          cbor.text("b");
        }).find("marks says that it has 6 items; the 4 bytes") == 0);
  CHECK(problem_of(std::string("\x82\x06\x5b\xff\xff\xff\xff\xff\xff\xff\xff", 11)) ==
        "state says that it is 18446744073709551615 bytes long; only 0 bytes are left");
  CHECK(
      problem_of(std::string("\x84\x0c\x01\x40\x9a\xff\xff\xff\xff", 9)).find("records says that it has 4294967295") ==
      0);
  CHECK(problem_of(std::string("\x9b\xff\xff\xff\xff\xff\xff\xff\xff", 9)).find("The message says that it has") == 0);
  CHECK(problem_of(std::string("\x9f\x02\xff", 3)).find("The message has an indefinite or reserved length") == 0);
  CHECK(problem_of("\x80").find("kind is missing") == 0);
}

TEST_CASE("an origin that was not named is refused") {
  CHECK(problem_of("\x83\x02\x40\x01") == "origin has an origin of 0 bytes; one has 16");
  CHECK(problem_of(std::string("\x83\x02\x00\x01", 4)) == "origin refers to origin 0; only 0 came before it");
}

TEST_CASE("registers that nobody knows and records of another size are refused") {
  const std::string bare = with_record(bare_record());
  CHECK(problem_of(replaced(bare, std::string("\x62w1\0", 4), "\x62w1\x18\x40")) ==
        "records[0].registers is 64; at most 63 is allowed");
  CHECK(problem_of(replaced(bare, std::string("\x62w1\0", 4), "\x62w1\x01")) ==
        "records[0].registers does not fit the 3 items of the record");
  const std::string overlay = peer::encode_records(std::vector{single_registers()[1]});
  const auto twice = peer::decode_records(replaced(overlay, "\x64gone", std::string("\x60")));
  REQUIRE(std::holds_alternative<peer::Refused>(twice));
  CHECK(std::get<peer::Refused>(twice).problem == "records[0].overlay.key occurs twice");
}
