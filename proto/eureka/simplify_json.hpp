#pragma once

#include <string>
#include <string_view>

namespace muster::eureka {

/// Helps the parser over two things that the dialect takes and it does not: the text after the first document is left
/// out, and numbers that it would round or refuse (fractions, exponents, more than 18 digits) are put into quotes,
/// since readers take a number and its text for the same. Broken JSON stays broken.
std::string simplify_json(std::string_view body);

}  // namespace muster::eureka
