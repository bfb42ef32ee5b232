// Packed instances may come damaged from a peer or a file: unpacking them must be safe, and what it accepts must mean
// one thing.
#include <cstdint>
#include <cstdlib>

#include "proto/model/payload.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace muster::model;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  static PayloadView view;  // reused, as its users do
  if (!unpack(bytes, view)) return 0;
  const Instance instance = to_instance(bytes);
  const Payload again = pack(instance);
  if (!unpack(*again, view) || to_instance(*again) != instance) std::abort();
  return 0;
}
