// The configuration file is the operator's, but a typing mistake must end in a sentence, never in a crash.
#include <cstdint>
#include <cstdlib>

#include "config/load.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace muster::config;
  const Inputs inputs{.file = File{"musterd.toml", std::string(reinterpret_cast<const char*>(data), size)},
                      .environment = {},
                      .flags = {}};
  const auto result = load(inputs);
  const auto* problems = std::get_if<Problems>(&result);
  if (problems != nullptr && problems->empty()) std::abort();
  return 0;
}
