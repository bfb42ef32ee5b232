#pragma once

namespace muster::app {

/// "0.1.0".
const char* version();

/// "GNU 12.2.0 Release": what the program was built with.
const char* build();

}  // namespace muster::app
