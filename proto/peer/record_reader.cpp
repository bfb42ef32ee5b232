#include "proto/peer/record_reader.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <utility>

#include "proto/peer/record_writer.hpp"

namespace muster::peer {
namespace {

/// An array, two texts of one letter, and no register.
constexpr std::size_t record_bytes_min = 6;
/// The longest reason of a drain that a configuration can allow.
constexpr std::size_t operators_text_bytes_max = 65'536;
constexpr std::uint64_t seconds_max = std::numeric_limits<std::uint32_t>::max();

std::uint64_t word_at(std::string_view bytes, std::size_t at) {
  std::uint64_t word = 0;
  for (std::size_t end = at + 8; at < end; ++at) word = word << 8 | static_cast<std::uint8_t>(bytes[at]);
  return word;
}

bool has_upper(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

}  // namespace

Origin RecordReader::origin(const char* field) {
  if (cbor_.next_is(CborType::bytes)) {
    const std::string_view bytes = cbor_.bytes(field);
    if (bytes.size() == 16) return origins_.emplace_back(Origin{word_at(bytes, 0), word_at(bytes, 8)});
    cbor_.refuse(field, "has an origin of " + std::to_string(bytes.size()) + " bytes; one has 16");
    return {};
  }
  const std::uint64_t number = cbor_.number(field);
  if (number < origins_.size()) return origins_[number];
  cbor_.refuse(field, "refers to origin " + std::to_string(number) + "; only " + std::to_string(origins_.size()) +
                          " came before it");
  return {};
}

model::Version RecordReader::version(const char* field) {
  if (cbor_.null()) return {};
  cbor_.array_of(field, 2);
  const Origin origin = this->origin(field);
  return {cbor_.number(field, model::clock_max), origin};
}

VersionVector RecordReader::vector(const char* field) {
  const std::size_t items = cbor_.array(field);
  if (items % 2 != 0) cbor_.refuse(field, "has an origin without a clock");
  VersionVector out;
  for (std::size_t at = 0; at < items && cbor_.good(); at += 2) {
    const Origin known = origin(field);
    const std::uint64_t clock = cbor_.number(field, model::clock_max);
    if (clock == 0) cbor_.refuse(field, "has a clock of zero; an origin without writes is left out");
    out.raise(known, clock);
  }
  return out;
}

Key RecordReader::key() {
  const std::string_view service = cbor_.text("service");
  const std::string_view id = cbor_.text("id");
  if (!cbor_.good()) return {};
  if (const auto error = model::check_service_name(service, limits_)) {
    cbor_.refuse(error->field, error->message);
  } else if (has_upper(service)) {
    cbor_.refuse("service", "has an upper case letter; peers name services in lower case");
  } else if (const auto bad_id = model::check_instance_id(id, limits_)) {
    cbor_.refuse(bad_id->field, bad_id->message);
  } else {
    return {std::string(service), std::string(id)};
  }
  return {};
}

std::vector<KeyedRecord> RecordReader::records(const char* field) {
  const std::size_t count = cbor_.array(field, record_bytes_min);
  std::vector<KeyedRecord> out;
  out.reserve(room_for<KeyedRecord>(count, cbor_));
  for (std::size_t at = 0; at < count && cbor_.good(); ++at) {
    record(out.emplace_back());
    if (!cbor_.good()) cbor_.within(std::string(field) + "[" + std::to_string(at) + "]");
  }
  return out;
}

void RecordReader::record(KeyedRecord& keyed) {
  const std::size_t items = cbor_.array("record");
  keyed.key = key();
  const std::uint64_t parts = cbor_.number("registers", all_parts);
  if (cbor_.good() && items != 3 + static_cast<unsigned>(std::popcount(parts)))
    cbor_.refuse("registers", "does not fit the " + std::to_string(items) + " items of the record");
  model::Record& record = keyed.record;
  if (!cbor_.good()) return;
  if ((parts & part_registration) != 0) registration(record.registration.emplace());
  if ((parts & part_overlay) != 0) record.overlay = std::make_shared<const model::Overlay>(overlay());
  if ((parts & part_override) != 0) record.override_ = std::make_shared<const model::Override>(override_value());
  if ((parts & part_holder) != 0) record.holder = holder();
  if ((parts & part_tombstone) != 0) record.tombstone = std::make_shared<const model::Tombstone>(tombstone());
  if ((parts & part_over) != 0) record.over = std::make_shared<const model::Over>(over());
}

void RecordReader::registration(model::Registration& registration) {
  cbor_.array_of("registration", 8);
  registration.version = version("registration.version");
  registration.incarnation = cbor_.number("registration.incarnation", model::incarnation_max);
  registration.rank = registration.incarnation +
                      cbor_.number("registration.rank_excess", model::incarnation_max - registration.incarnation);
  const std::string_view payload = cbor_.bytes("registration.payload");
  if (cbor_.good() && !model::unpack(payload, view_))
    cbor_.refuse("registration.payload", "cannot be unpacked: it is not what pack() writes");
  if (!cbor_.good()) return;
  registration.payload = std::make_shared<const std::string>(payload);
  registration.reported = cbor_.choice("registration.reported", model::Status::unknown);
  registration.lease.interval_s =
      static_cast<std::uint32_t>(cbor_.number("registration.lease.interval_s", seconds_max));
  registration.lease.duration_s =
      static_cast<std::uint32_t>(cbor_.number("registration.lease.duration_s", seconds_max));
  registration.dirty_ms = cbor_.signed_number("registration.dirty_ms");
}

model::Overlay RecordReader::overlay() {
  const std::size_t items = cbor_.array("overlay");
  if (items % 3 != 0) cbor_.refuse("overlay", "has an entry without a version or a value");
  model::Overlay out;
  for (std::size_t at = 0; at < items && cbor_.good(); at += 3) {
    const std::string_view name = cbor_.text("overlay.key");
    model::OverlayEntry entry;
    entry.version = version("overlay.version");
    std::string_view value;
    if (!cbor_.null()) {
      value = cbor_.text("overlay.value");
      entry.value = std::string(value);
    }
    if (!cbor_.good()) break;
    if (const auto error = model::check_metadata_entry(name, value, limits_))
      cbor_.refuse("overlay", error->field + " " + error->message);
    else if (!out.try_emplace(std::string(name), std::move(entry)).second)
      cbor_.refuse("overlay.key", "occurs twice");
  }
  return out;
}

std::string_view RecordReader::operators_text(const char* field) {
  const std::string_view out = cbor_.text(field);
  if (out.size() > operators_text_bytes_max)
    cbor_.refuse(field, "is " + std::to_string(out.size()) + " bytes long; at most " +
                            std::to_string(operators_text_bytes_max) + " are allowed");
  else if (!model::valid_utf8(out))
    cbor_.refuse(field, "is not valid UTF-8");
  return out;
}

model::Override RecordReader::override_value() {
  cbor_.array_of("override", 7);
  model::Override out;
  out.version = version("override.version");
  if (!cbor_.null()) out.value = cbor_.choice("override.value", model::Status::unknown);
  out.reason = operators_text("override.reason");
  out.by = operators_text("override.by");
  out.until_ms = cbor_.signed_number("override.until_ms");
  out.ends_with_cancel = cbor_.boolean("override.ends_with_cancel");
  out.ends = version("override.ends");
  return out;
}

model::Holder RecordReader::holder() {
  cbor_.array_of("holder", 2);
  model::Holder out;
  out.version = version("holder.version");
  out.node = origin("holder.node");
  return out;
}

model::Tombstone RecordReader::tombstone() {
  cbor_.array_of("tombstone", 5);
  model::Tombstone out;
  out.cancelled = version("tombstone.cancelled");
  out.fenced = cbor_.number("tombstone.fenced", model::incarnation_max);
  out.evicted = version("tombstone.evicted");
  out.why = cbor_.choice("tombstone.why", model::Cause::hold_released);
  out.judged_holder = version("tombstone.judged_holder");
  return out;
}

model::Over RecordReader::over() {
  cbor_.array_of("over", 6);
  model::Over out;
  out.cancel.fenced = cbor_.number("over.fenced", model::incarnation_max);
  out.cancel.cancelled = version("over.cancelled");
  out.cancel.version = version("over.version_of_cancel");
  out.eviction.judged_holder = version("over.judged_holder");
  out.eviction.evicted = version("over.evicted");
  out.eviction.version = version("over.version_of_eviction");
  return out;
}

}  // namespace muster::peer
