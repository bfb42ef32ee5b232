#pragma once

#include <algorithm>
#include <string_view>
#include <vector>

#include "proto/model/limits.hpp"
#include "proto/peer/cbor_reader.hpp"
#include "proto/peer/message.hpp"

namespace muster::peer {

/// Reads what RecordWriter writes, of one message or file. Whatever no client and no node can have written is refused
/// in the reader: names, ids and metadata beyond the limits, unknown enum values, payloads that cannot be unpacked.
class RecordReader {
 public:
  /// `limits` outlives the reader.
  RecordReader(std::string_view bytes, const model::InstanceLimits& limits) : cbor_(bytes), limits_(limits) {}

  CborReader& cbor() { return cbor_; }
  Origin origin(const char* field);
  model::Version version(const char* field);
  VersionVector vector(const char* field);
  Key key();
  std::vector<KeyedRecord> records(const char* field);

 private:
  void record(KeyedRecord& keyed);
  void registration(model::Registration& registration);
  model::Overlay overlay();
  model::Override override_value();
  model::Holder holder();
  model::Tombstone tombstone();
  model::Over over();
  std::string_view operators_text(const char* field);

  CborReader cbor_;
  const model::InstanceLimits& limits_;
  std::vector<Origin> origins_;
  model::PayloadView view_;  ///< kept for the room of its vectors
};

/// Room to reserve for `count` items of a type: never more memory than the bytes at hand, whatever they promise.
template <typename Item>
std::size_t room_for(std::size_t count, const CborReader& cbor) {
  return std::min(count, cbor.left() / sizeof(Item));
}

}  // namespace muster::peer
