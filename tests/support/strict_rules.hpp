#pragma once

#include <set>
#include <string>
#include <string_view>

#include "tests/support/strict_decoder.hpp"

// What the strict JSON and XML decoders share.
namespace muster::test::strict {

/// Keys of an instance in JSON; XML has the same names but for `overriddenstatus`.
extern const std::set<std::string, std::less<>> full_keys;
extern const std::set<std::string, std::less<>> compact_keys;

[[noreturn]] void fail(std::string_view path, std::string_view problem);

/// A decimal integer within [lowest, highest], without any other character.
std::int64_t number(std::string_view path, std::string_view text, std::int64_t lowest, std::int64_t highest);

/// Rules over the decoded fields alone: which must be there, which values exist. Fills `id`.
void check(std::string_view path, StrictInstance& instance, eureka::Shape shape);

}  // namespace muster::test::strict
