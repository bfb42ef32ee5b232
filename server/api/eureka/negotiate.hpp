#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "server/api/eureka/form.hpp"
#include "server/api/http.hpp"

namespace muster::api::eureka {

/// Lists that Eureka servers cache as text are JSON as soon as Accept mentions it; single instances go by order.
enum class Preference : std::uint8_t { mentioned, ordered };

/// The format of an answer by the Accept header; none: nothing acceptable (406).
/// Without a header, and where all is equal, the answer is XML: py-eureka-client and Prometheus read nothing else and
/// say nothing. In lists, clients that mention JSON anywhere mean JSON: Spring's names JSON and XML types alike.
std::optional<Format> choose_format(std::string_view accept, Preference preference);

/// The form of a list document.
Form list_form(const Request& request, Format format);

/// What a request's Content-Type says.
struct BodyType {
  enum class Verdict : std::uint8_t { ok, absent, malformed, unsupported };
  Verdict verdict = Verdict::ok;
  Format format = Format::json;
  bool latin1 = false;  ///< charset=ISO-8859-1, which only XML takes at its word
};
BodyType body_type(const Request& request);

/// By the first character, for clients that do not say.
Format sniff_format(std::string_view body);

std::string latin1_to_utf8(std::string_view text);

}  // namespace muster::api::eureka
