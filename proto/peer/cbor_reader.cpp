#include "proto/peer/cbor_reader.hpp"

namespace muster::peer {
namespace {

std::string_view name_of(CborType type) {
  switch (type) {
    case CborType::number:
      return "a number";
    case CborType::negative:
      return "a negative number";
    case CborType::bytes:
      return "a byte string";
    case CborType::text:
      return "a text";
    case CborType::array:
      return "an array";
    case CborType::map:
      return "a map";
    case CborType::tag:
      return "a tag";
    case CborType::simple:
      return "a simple value";
  }
  return "a simple value";
}

}  // namespace

void CborReader::refuse(std::string_view field, std::string_view why) {
  rest_ = {};
  if (good()) problem_.append(field).append(" ").append(why);
}

bool CborReader::head(const char* field, CborType& type, std::uint64_t& value) {
  value = 0;
  if (rest_.empty()) {
    refuse(field, "is missing: the bytes end before it");
    return false;
  }
  const auto first = static_cast<std::uint8_t>(rest_.front());
  type = static_cast<CborType>(first >> 5);
  const unsigned low = first & 0x1f;
  if (low < 24) {
    value = low;
    rest_.remove_prefix(1);
    return true;
  }
  if (low > 27) {
    refuse(field, "has an indefinite or reserved length; only definite ones are read");
    return false;
  }
  const std::size_t size = std::size_t{1} << (low - 24);
  if (rest_.size() <= size) {
    refuse(field, "is cut off: the bytes end in it");
    return false;
  }
  for (std::size_t at = 1; at <= size; ++at) value = value << 8 | static_cast<std::uint8_t>(rest_[at]);
  rest_.remove_prefix(size + 1);
  return true;
}

std::uint64_t CborReader::head_of(const char* field, CborType wanted) {
  CborType type{};
  std::uint64_t value = 0;
  if (!head(field, type, value)) return 0;
  if (type == wanted) return value;
  refuse(field, std::string("is ").append(name_of(type)).append(", not ").append(name_of(wanted)));
  return 0;
}

std::string_view CborReader::take(const char* field, std::uint64_t size) {
  if (size > rest_.size()) {
    refuse(field, "says that it is " + std::to_string(size) + " bytes long; only " + std::to_string(rest_.size()) +
                      " bytes are left");
    return {};
  }
  const std::string_view out = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return out;
}

std::uint64_t CborReader::number(const char* field, std::uint64_t max) {
  const std::uint64_t value = head_of(field, CborType::number);
  if (value <= max) return value;
  refuse(field, "is " + std::to_string(value) + "; at most " + std::to_string(max) + " is allowed");
  return 0;
}

std::int64_t CborReader::signed_number(const char* field) {
  constexpr auto max = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  const bool negative = next_is(CborType::negative);
  const std::uint64_t value = head_of(field, negative ? CborType::negative : CborType::number);
  if (value <= max) return static_cast<std::int64_t>(negative ? ~value : value);
  refuse(field, "does not fit in 64 bits with a sign");
  return 0;
}

bool CborReader::boolean(const char* field) {
  const std::uint64_t value = head_of(field, CborType::simple);
  if (good() && value != cbor_false && value != cbor_true) refuse(field, "is neither true nor false");
  return value == cbor_true;
}

std::string_view CborReader::bytes(const char* field) {
  return take(field, head_of(field, CborType::bytes));
}

std::string_view CborReader::text(const char* field) {
  return take(field, head_of(field, CborType::text));
}

std::size_t CborReader::array(const char* field, std::size_t item_bytes) {
  const std::uint64_t items = head_of(field, CborType::array);
  if (items <= rest_.size() / item_bytes) return items;
  refuse(field, "says that it has " + std::to_string(items) + " items; the " + std::to_string(rest_.size()) +
                    " bytes that are left cannot hold them");
  return 0;
}

void CborReader::array_of(const char* field, std::size_t items) {
  const std::uint64_t found = head_of(field, CborType::array);
  if (!good() || found == items) return;
  refuse(field, "has " + std::to_string(found) + " items; it has to have " + std::to_string(items));
}

bool CborReader::null() {
  constexpr unsigned item = static_cast<unsigned>(CborType::simple) << 5 | static_cast<unsigned>(cbor_null);
  if (rest_.empty() || static_cast<std::uint8_t>(rest_.front()) != item) return false;
  rest_.remove_prefix(1);
  return true;
}

void CborReader::skip(const char* field) {
  // Counted instead of nested: an item of any depth needs no stack.
  for (std::uint64_t items = 1; items > 0 && good(); --items) {
    CborType type{};
    std::uint64_t value = 0;
    if (!head(field, type, value)) return;
    if (type == CborType::bytes || type == CborType::text) take(field, value);
    if (type == CborType::tag) value = 1;
    if (type != CborType::array && type != CborType::map && type != CborType::tag) continue;
    if (value > rest_.size()) return refuse(field, "has more items than the bytes that are left can hold");
    items += type == CborType::map ? 2 * value : value;
  }
}

void CborReader::end() {
  if (good() && !rest_.empty())
    refuse("The end", "is followed by " + std::to_string(rest_.size()) + " bytes that belong to nothing");
}

}  // namespace muster::peer
