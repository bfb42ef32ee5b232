#include "server/core/view.hpp"

#include <algorithm>
#include <iterator>

#include <cassert>

namespace muster::core {

std::vector<ServiceSummary> in_order(const ServicesView& view) {
  std::vector<ServiceSummary> out;
  out.reserve(view.size);
  for (const ServicesView::Group& group : view.groups)
    std::copy_if(group->begin(), group->end(), std::back_inserter(out), [](const auto& item) { return item.size > 0; });
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return *a.name < *b.name; });
  return out;
}

std::string_view to_string(ScopeKind kind) {
  switch (kind) {
    case ScopeKind::service:
      return "service";
    case ScopeKind::subnet:
      return "subnet";
    case ScopeKind::zone:
      return "zone";
    case ScopeKind::holder:
      return "holder";
    case ScopeKind::all:
      return "all";
  }
  return "all";
}

ContentHash& ContentHash::operator+=(const ContentHash& other) {
  low += other.low;
  high += other.high + (low < other.low ? 1 : 0);
  return *this;
}

ContentHash& ContentHash::operator-=(const ContentHash& other) {
  high -= other.high + (low < other.low ? 1 : 0);
  low -= other.low;
  return *this;
}

std::string ContentHash::hex() const {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  out.reserve(32);
  for (const std::uint64_t half : {high, low})
    for (unsigned shift = 64; shift > 0; shift -= 4) out.push_back(digits[half >> (shift - 4) & 0xf]);
  return out;
}

Bodies::Value Bodies::find(std::size_t slot) const {
  assert(slot < slots);
  const std::lock_guard lock(mutex_);
  return values_[slot];
}

Bodies::Value Bodies::put(std::size_t slot, Value value) const {
  assert(slot < slots);
  const std::lock_guard lock(mutex_);
  if (!values_[slot]) values_[slot] = std::move(value);
  return values_[slot];
}

}  // namespace muster::core
