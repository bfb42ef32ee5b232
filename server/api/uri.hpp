#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace muster::api {

/// A request target, decoded.
struct Target {
  /// Path segments, percent-decoded, empty ones (double and trailing slashes) left out, `;parameters` dropped.
  std::vector<std::string> segments;
  /// Query in the order sent; a key without '=' has the empty value. '+' is a space in both.
  std::vector<std::pair<std::string, std::string>> query;

  /// The first value of `key`; none when it is absent.
  std::optional<std::string_view> parameter(std::string_view key) const;
};

/// The path and query of a target in absolute form ("http://host/path"), which every server must take; any other
/// target as it is.
std::string_view origin_form(std::string_view target);

/// None: a bad escape, bad UTF-8, a NUL, or an encoded slash or backslash in the path.
std::optional<Target> parse_target(std::string_view target);

/// '+' stays '+' unless `plus_is_space`. None: a bad escape.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space = false);

/// Encodes everything but unreserved characters.
std::string percent_encode(std::string_view text);

}  // namespace muster::api
