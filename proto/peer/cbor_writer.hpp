#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace muster::peer {

/// The parts of CBOR (RFC 8949) that peers use. Every item begins with one of these and a number; that of `simple` is
/// one of the values below.
enum class CborType : std::uint8_t { number, negative, bytes, text, array, map, tag, simple };

inline constexpr std::uint64_t cbor_false = 20;
inline constexpr std::uint64_t cbor_true = 21;
inline constexpr std::uint64_t cbor_null = 22;

/// Appends CBOR to a string, lengths first and in their shortest form. The caller writes as many items as an array
/// was announced to have. A writer of its own since a document of nlohmann::json costs an allocation for every item,
/// which is several microseconds a record.
class CborWriter {
 public:
  explicit CborWriter(std::string& out) : out_(out) {}

  void number(std::uint64_t value) { head(CborType::number, value); }
  void signed_number(std::int64_t value) {
    if (value >= 0)
      head(CborType::number, static_cast<std::uint64_t>(value));
    else
      head(CborType::negative, ~static_cast<std::uint64_t>(value));
  }
  void boolean(bool value) { head(CborType::simple, value ? cbor_true : cbor_false); }
  void null() { head(CborType::simple, cbor_null); }
  void bytes(std::string_view value) {
    head(CborType::bytes, value.size());
    out_.append(value);
  }
  /// Precondition: UTF-8.
  void text(std::string_view value) {
    head(CborType::text, value.size());
    out_.append(value);
  }
  void array(std::uint64_t items) { head(CborType::array, items); }

 private:
  void head(CborType type, std::uint64_t value) {
    const auto top = static_cast<unsigned>(type) << 5;
    if (value < 24) {
      out_.push_back(static_cast<char>(top | static_cast<unsigned>(value)));
      return;
    }
    const unsigned power = value <= 0xff ? 0 : value <= 0xffff ? 1 : value <= 0xffffffff ? 2 : 3;
    char item[9] = {static_cast<char>(top | (24 + power))};
    const unsigned size = 1u << power;
    for (unsigned at = size; at > 0; --at, value >>= 8) item[at] = static_cast<char>(value & 0xff);
    out_.append(item, size + 1);
  }

  std::string& out_;
};

}  // namespace muster::peer
