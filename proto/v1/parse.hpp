#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <simdjson.h>

#include "proto/model/limits.hpp"

// Of this room only: JSON read with its faults named. Faults are model::FieldError with a path such as
// "lease.interval_s".
namespace muster::v1 {

using Element = simdjson::dom::element;
using model::FieldError;

/// The field named when the document itself is at fault.
inline constexpr std::string_view whole_body = "body";

/// A parsed body. One at a time on a thread: the parser is kept per thread, and elements live until the next parse.
class Document {
 public:
  /// Blank bodies read as `{}`. A byte order mark is skipped. `depth_max` limits nesting.
  std::optional<FieldError> parse(std::string_view body, int depth_max);
  Element root() const { return root_; }

 private:
  std::unique_ptr<simdjson::dom::parser> large_;  ///< big bodies get their own parser, which goes with them
  Element root_;
};

/// Where reading stopped: the first fault wins.
class Faults {
 public:
  /// Always false, so that readers can `return faults.add(...)`.
  bool add(std::string field, std::string message, bool too_large = false);
  /// "must be WANTED, not GOT".
  bool wrong(std::string field, std::string_view wanted, Element got);
  bool none() const { return !error_; }
  FieldError take() { return std::move(*error_); }

 private:
  std::optional<FieldError> error_;
};

/// Reads a member if it is of the kind; else adds the fault.
bool read_text(Element value, std::string_view field, std::string& out, Faults& faults);
bool read_integer(Element value, std::string_view field, std::uint64_t min, std::uint64_t max, std::uint64_t& out,
                  Faults& faults);

/// Calls `member(index in names, value)` for each member of an object whose names are all known and given once.
/// `path` is prefixed to field names ("lease."). Stops at the first fault.
template <class F>
bool read_object(Element object, std::string_view path, std::span<const std::string_view> names, Faults& faults,
                 F&& member);

/// The fault of a name that is not known, with the nearest that is.
bool unknown_field(std::string_view path, std::string_view name, std::span<const std::string_view> names,
                   Faults& faults);

/// What was sent, short enough for a message.
std::string shown(Element value);
std::string shown(std::string_view text);

template <class F>
bool read_object(Element object, std::string_view path, std::span<const std::string_view> names, Faults& faults,
                 F&& member) {
  simdjson::dom::object members;
  if (object.get_object().get(members) != simdjson::SUCCESS)
    return faults.wrong(path.empty() ? std::string(whole_body) : std::string(path.substr(0, path.size() - 1)),
                        "a JSON object", object);
  std::uint64_t seen = 0;
  for (const auto [name, value] : members) {
    std::size_t index = 0;
    while (index < names.size() && names[index] != name) ++index;
    if (index == names.size()) return unknown_field(path, name, names, faults);
    const std::uint64_t bit = std::uint64_t{1} << index;
    if ((seen & bit) != 0) return faults.add(std::string(path).append(name), "is given twice; give it once");
    seen |= bit;
    if (!member(index, value)) return false;
  }
  return true;
}

}  // namespace muster::v1
