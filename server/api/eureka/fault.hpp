#pragma once

#include <string>

#include "proto/model/limits.hpp"
#include "server/api/eureka/form.hpp"
#include "server/api/http.hpp"

namespace muster::api::eureka {

/// 400 with a text that names the field as this dialect calls it. The text is labelled with the negotiated format
/// though it is neither, as Eureka servers do.
void respond_fault(Responder& responder, const model::FieldError& error, Format format);

/// 400 with a text.
void respond_text(Responder& responder, std::string text, Format format);

/// "host_name" as "hostName", "metadata.owner" as it is.
std::string eureka_field(std::string_view field);

}  // namespace muster::api::eureka
