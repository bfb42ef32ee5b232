#include "server/core/content_hash.hpp"

#include <xxhash.h>

#include <cassert>
#include <cstring>

namespace muster::core {
namespace {

/// Fields with their lengths, one after another: no two different contents give the same bytes.
class Input {
 public:
  void number(std::uint64_t value) {
    char bytes[sizeof value];
    std::memcpy(bytes, &value, sizeof value);
    bytes_.append(bytes, sizeof bytes);
  }
  void text(std::string_view text) {
    number(text.size());
    bytes_.append(text);
  }
  void clear() { bytes_.clear(); }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

void put_overlay(Input& input, const Overlay* overlay) {
  input.number(overlay ? overlay->size() : 0);
  if (!overlay) return;
  for (const auto& [key, entry] : *overlay) {
    input.text(key);
    input.number(entry.value ? 1 : 0);
    input.text(entry.value ? std::string_view(*entry.value) : std::string_view{});
  }
}

void put_override(Input& input, const Override* override_) {
  const bool set = override_ && override_->value;
  input.number(set ? 1 : 0);
  if (!set) return;
  input.number(static_cast<std::uint64_t>(*override_->value));
  input.text(override_->reason);
  input.text(override_->by);
  input.number(static_cast<std::uint64_t>(override_->until_ms));
}

}  // namespace

ContentHash hash_of(const Entry& entry) {
  assert(entry.record.registration);
  const Registration& registration = *entry.record.registration;
  thread_local Input input;  // keeps its capacity: this runs at every change
  input.clear();
  input.text(*entry.service);
  input.text(entry.id);
  input.number(registration.incarnation);
  input.number(static_cast<std::uint64_t>(registration.reported));
  input.number(static_cast<std::uint64_t>(entry.visible));
  input.number(std::uint64_t{registration.lease.interval_s} << 32 | registration.lease.duration_s);
  input.text(*registration.payload);
  put_overlay(input, entry.record.overlay.get());
  put_override(input, entry.record.override_.get());
  const XXH128_hash_t hash = XXH3_128bits(input.bytes().data(), input.bytes().size());
  return {hash.low64, hash.high64};
}

}  // namespace muster::core
