#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>

#include "proto/peer/cbor_writer.hpp"
#include "proto/peer/message.hpp"

namespace muster::peer {

/// Registers that a record has on the wire, as bits of one number.
enum RecordPart : std::uint8_t {
  part_registration = 1,
  part_overlay = 2,
  part_override = 4,
  part_holder = 8,
  part_tombstone = 16,
  part_over = 32,
};
inline constexpr std::uint64_t all_parts = 63;

/// Appends versions and records to one message or file. An origin is written as 16 bytes where it first occurs, and as
/// its number among those written before from then on.
class RecordWriter {
 public:
  explicit RecordWriter(std::string& out) : out_(out), cbor_(out) {}

  CborWriter& cbor() { return cbor_; }
  void origin(const Origin& origin);
  void version(const model::Version& version);
  void vector(const VersionVector& vector);
  void key(const Key& key);
  void records(std::span<const KeyedRecord> records);

 private:
  void record(const KeyedRecord& keyed);
  void registration(const model::Registration& registration);
  void overlay(const model::Overlay& overlay);
  void override_value(const model::Override& value);
  void holder(const model::Holder& holder);
  void tombstone(const model::Tombstone& tombstone);
  void over(const model::Over& over);

  std::string& out_;
  CborWriter cbor_;
  std::map<Origin, std::uint64_t> origins_;
  Origin last_;  ///< hardly any version has another origin than the one before it
  std::uint64_t last_number_ = 0;
};

}  // namespace muster::peer
