#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace muster::eureka {

/// Looks through a document before the parser sees it, for what the parser would not refuse: nesting deeper than
/// `depth_max`, a DOCTYPE, references to entities or characters that do not exist, bytes that are not UTF-8.
/// Returns what is wrong; none: the parser may read it. It does not check that tags match: the parser does.
std::optional<std::string> scan_xml(std::string_view body, int depth_max);

}  // namespace muster::eureka
