#include "tests/fuzz/round_trip.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  muster::fuzz::check(muster::eureka::read_xml({reinterpret_cast<const char*>(data), size}));
  return 0;
}
