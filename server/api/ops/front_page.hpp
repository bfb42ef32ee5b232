#pragma once

#include <string>
#include <string_view>

namespace muster::api::ops {

/// The page at /: where things are, and the first lines to type. Plain text. `host` is the Host header as sent.
std::string front_page(std::string_view host);

}  // namespace muster::api::ops
