#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "proto/peer/cbor_writer.hpp"

namespace muster::peer {

/// Reads what CborWriter writes from bytes that may be damaged or hostile. The first read that is not possible keeps a
/// sentence that names its field; from then on nothing is left to read, and reads answer zero and empty. So a
/// sequence of reads needs one look at good() at its end, and a loop one in each turn. Views are as long-lived as the
/// bytes. Indefinite lengths are refused.
class CborReader {
 public:
  explicit CborReader(std::string_view bytes) : rest_(bytes) {}

  bool good() const { return problem_.empty(); }
  const std::string& problem() const { return problem_; }
  /// "records[17]" and "holder" make "records[17].holder is ...".
  void refuse(std::string_view field, std::string_view why);
  /// Puts the place of what was being read before the problem.
  void within(std::string_view place) { problem_.insert(0, ".").insert(0, place); }

  std::uint64_t number(const char* field, std::uint64_t max = std::numeric_limits<std::uint64_t>::max());
  std::int64_t signed_number(const char* field);
  bool boolean(const char* field);
  std::string_view bytes(const char* field);
  /// Not looked at: the caller knows which texts are allowed.
  std::string_view text(const char* field);
  /// How many items follow: at most one for each byte that is left, `item_bytes` bytes each at least.
  std::size_t array(const char* field, std::size_t item_bytes = 1);
  /// An array of exactly so many items.
  void array_of(const char* field, std::size_t items);
  /// An enum whose last value is `last`.
  template <typename Enum>
  Enum choice(const char* field, Enum last) {
    return static_cast<Enum>(number(field, static_cast<std::uint64_t>(last)));
  }

  /// Takes a null if it is next.
  bool null();
  bool next_is(CborType type) const {
    return !rest_.empty() && static_cast<std::uint8_t>(rest_.front()) >> 5 == static_cast<int>(type);
  }
  /// Passes over one item, whatever it is and holds.
  void skip(const char* field);

  std::size_t left() const { return rest_.size(); }
  /// Refuses bytes that nobody read.
  void end();

 private:
  bool head(const char* field, CborType& type, std::uint64_t& value);
  std::uint64_t head_of(const char* field, CborType wanted);
  std::string_view take(const char* field, std::uint64_t size);

  std::string_view rest_;
  std::string problem_;
};

}  // namespace muster::peer
