// A request target is the first thing that a stranger sends: taking it apart must be safe, and what it gives must be
// what was encoded.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "server/api/uri.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace muster::api;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto encoded = percent_encode(text);
  const auto decoded = percent_decode(encoded);
  if (!decoded || *decoded != text) std::abort();
  const auto target = parse_target(text);
  if (!target) return 0;
  std::string again;
  for (const std::string& segment : target->segments) {
    if (segment.empty()) std::abort();
    again += "/" + percent_encode(segment);
  }
  const auto second = parse_target(again.empty() ? "/" : again);
  if (!second || second->segments != target->segments) std::abort();
  return 0;
}
