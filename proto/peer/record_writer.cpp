#include "proto/peer/record_writer.hpp"

#include <bit>
#include <cassert>

namespace muster::peer {
namespace {

/// A record without payload, key and texts: that much and a little more.
constexpr std::size_t record_bytes = 160;

void put_word(char* out, std::uint64_t word) {
  for (int at = 7; at >= 0; --at, word >>= 8) out[at] = static_cast<char>(word & 0xff);
}

unsigned parts_of(const model::Record& record) {
  unsigned parts = 0;
  if (record.registration) parts |= part_registration;
  if (record.overlay) parts |= part_overlay;
  if (record.override_) parts |= part_override;
  if (record.holder.version != model::Version{} || record.holder.node != Origin{}) parts |= part_holder;
  if (record.tombstone) parts |= part_tombstone;
  if (record.over) parts |= part_over;
  return parts;
}

}  // namespace

void RecordWriter::origin(const Origin& origin) {
  if (!origins_.empty() && origin == last_) return cbor_.number(last_number_);
  const auto [place, first] = origins_.try_emplace(origin, origins_.size());
  last_ = origin;
  last_number_ = place->second;
  if (!first) return cbor_.number(last_number_);
  char bytes[16];
  put_word(bytes, origin.node);
  put_word(bytes + 8, origin.boot);
  cbor_.bytes({bytes, sizeof bytes});
}

void RecordWriter::version(const model::Version& version) {
  if (version == model::Version{}) return cbor_.null();
  cbor_.array(2);
  origin(version.origin);
  cbor_.number(version.clock);
}

void RecordWriter::vector(const VersionVector& vector) {
  cbor_.array(2 * vector.clocks().size());
  for (const auto& [known, clock] : vector.clocks()) {
    origin(known);
    cbor_.number(clock);
  }
}

void RecordWriter::key(const Key& key) {
  cbor_.text(key.service);
  cbor_.text(key.id);
}

void RecordWriter::records(std::span<const KeyedRecord> records) {
  std::size_t bytes = out_.size();
  for (const auto& [key, record] : records) {
    bytes += record_bytes + key.service.size() + key.id.size();
    if (record.registration) bytes += record.registration->payload->size();
  }
  out_.reserve(bytes);
  cbor_.array(records.size());
  for (const KeyedRecord& keyed : records) record(keyed);
}

void RecordWriter::record(const KeyedRecord& keyed) {
  const model::Record& record = keyed.record;
  const unsigned parts = parts_of(record);
  cbor_.array(3 + static_cast<unsigned>(std::popcount(parts)));
  key(keyed.key);
  cbor_.number(parts);
  if ((parts & part_registration) != 0) registration(*record.registration);
  if ((parts & part_overlay) != 0) overlay(*record.overlay);
  if ((parts & part_override) != 0) override_value(*record.override_);
  if ((parts & part_holder) != 0) holder(record.holder);
  if ((parts & part_tombstone) != 0) tombstone(*record.tombstone);
  if ((parts & part_over) != 0) over(*record.over);
}

void RecordWriter::registration(const model::Registration& registration) {
  assert(registration.payload != nullptr);
  assert(registration.rank >= registration.incarnation);
  cbor_.array(8);
  version(registration.version);
  cbor_.number(registration.incarnation);
  cbor_.number(registration.rank - registration.incarnation);
  cbor_.bytes(*registration.payload);
  cbor_.number(static_cast<std::uint64_t>(registration.reported));
  cbor_.number(registration.lease.interval_s);
  cbor_.number(registration.lease.duration_s);
  cbor_.signed_number(registration.dirty_ms);
}

void RecordWriter::overlay(const model::Overlay& overlay) {
  cbor_.array(3 * overlay.size());
  for (const auto& [name, entry] : overlay) {
    cbor_.text(name);
    version(entry.version);
    if (entry.value)
      cbor_.text(*entry.value);
    else
      cbor_.null();
  }
}

void RecordWriter::override_value(const model::Override& value) {
  cbor_.array(7);
  version(value.version);
  if (value.value)
    cbor_.number(static_cast<std::uint64_t>(*value.value));
  else
    cbor_.null();
  cbor_.text(value.reason);
  cbor_.text(value.by);
  cbor_.signed_number(value.until_ms);
  cbor_.boolean(value.ends_with_cancel);
  version(value.ends);
}

void RecordWriter::holder(const model::Holder& holder) {
  cbor_.array(2);
  version(holder.version);
  origin(holder.node);
}

void RecordWriter::tombstone(const model::Tombstone& tombstone) {
  cbor_.array(5);
  version(tombstone.cancelled);
  cbor_.number(tombstone.fenced);
  version(tombstone.evicted);
  cbor_.number(static_cast<std::uint64_t>(tombstone.why));
  version(tombstone.judged_holder);
}

void RecordWriter::over(const model::Over& over) {
  cbor_.array(6);
  cbor_.number(over.cancel.fenced);
  version(over.cancel.cancelled);
  version(over.cancel.version);
  version(over.eviction.judged_holder);
  version(over.eviction.evicted);
  version(over.eviction.version);
}

}  // namespace muster::peer
