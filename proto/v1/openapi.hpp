#pragma once

#include <string_view>

namespace muster::v1 {

/// `openapi.json` of this room, put into the program when it is built.
std::string_view openapi_json();

}  // namespace muster::v1
