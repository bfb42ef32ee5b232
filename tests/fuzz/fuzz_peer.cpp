// Messages of a peer and records of a snapshot may be damaged or hostile: reading them must be safe, and what is
// accepted must be written in one form only.
#include <cstdint>
#include <cstdlib>

#include "proto/peer/decode.hpp"
#include "proto/peer/encode.hpp"

namespace {

using namespace muster::peer;

void check_message(std::string_view bytes) {
  const Decoded first = decode(bytes);
  if (const auto* refused = std::get_if<Refused>(&first)) {
    if (refused->problem.empty()) std::abort();
  }
  const auto* message = std::get_if<Message>(&first);
  if (message == nullptr) return;
  const std::string written = encode(*message);
  const Decoded second = decode(written);
  const auto* again = std::get_if<Message>(&second);
  if (again == nullptr || encode(*again) != written) std::abort();
}

void check_records(std::string_view bytes) {
  const auto first = decode_records(bytes);
  const auto* records = std::get_if<std::vector<KeyedRecord>>(&first);
  if (records == nullptr) return;
  const std::string written = encode_records(*records);
  const auto second = decode_records(written);
  const auto* again = std::get_if<std::vector<KeyedRecord>>(&second);
  if (again == nullptr || encode_records(*again) != written) std::abort();
}

void check_vector(std::string_view bytes) {
  const auto first = decode_vector(bytes);
  const auto* known = std::get_if<VersionVector>(&first);
  if (known == nullptr) return;
  const auto second = decode_vector(encode_vector(*known));
  const auto* again = std::get_if<VersionVector>(&second);
  if (again == nullptr || *again != *known) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  check_message(bytes);
  check_records(bytes);
  check_vector(bytes);
  return 0;
}
