#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "config/settings.hpp"
#include "config/value.hpp"

// The one table of everything that can be set. The loader, the effective configuration in GET /v1/node, the reload and
// the test of `musterd.toml` all read it; a new setting is a member of Settings, a line here and its place in the
// manual.
namespace muster::config {

enum class Reload : std::uint8_t {
  yes,  ///< SIGHUP takes it over
  no,   ///< needs a restart
};

enum class Shown : std::uint8_t {
  yes,
  no,  ///< a secret: people and documents see only whether it is set
};

struct Key {
  std::string_view name;  ///< "section.key", units last: "lease.duration_s"
  Reload reload = Reload::yes;
  std::int64_t min = 0;  ///< numbers: smallest value; texts and lists: unused
  std::int64_t max = 0;  ///< numbers: largest value; texts: bytes; lists: entries
  /// Further rule for texts and for every entry of a list: the sentence that says what is allowed, or null when `text`
  /// is allowed.
  const char* (*refuse)(std::string_view text) = nullptr;
  std::string_view doc;  ///< one sentence
  Value (*read)(const Settings& settings) = nullptr;
  /// Precondition: `value` is of the type of read() and within the range.
  void (*write)(Settings& settings, const Value& value) = nullptr;
  Shown shown = Shown::yes;
};

/// All keys, in the order of `musterd.toml`.
std::span<const Key> keys();

/// Null: there is no such key.
const Key* find_key(std::string_view name);

/// "MUSTER_LEASE_DURATION_S" for "lease.duration_s".
std::string environment_name(const Key& key);

Value default_value(const Key& key);

/// The value as anybody may see it, who is no less than the operator's log, `--check-config` and GET /v1/node: itself,
/// or "(set)" for a secret that is not empty.
Value shown(const Key& key, const Value& value);

/// What is wrong with `value` for this key, as the end of a sentence ("must be 1 to 86400"); none when it may be set.
/// Type errors are found too.
std::optional<std::string> refusal(const Key& key, const Value& value);

/// "1 to 86400", "true or false", …: what may be set.
std::string range_text(const Key& key);

/// Reads a value from an environment variable or a flag; lists are separated by commas. None: not of the key's type.
std::optional<Value> parse_text(const Key& key, std::string_view text);

}  // namespace muster::config
