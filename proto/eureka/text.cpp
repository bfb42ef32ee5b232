#include "proto/eureka/text.hpp"

#include <algorithm>

#include "proto/model/ascii.hpp"

namespace muster::eureka {

std::string_view shown_data_center(std::string_view name) {
  for (const std::string_view known : {std::string_view("Amazon"), std::string_view("Netflix")})
    if (model::equal_ignoring_case(name, known)) return known;
  return "MyOwn";
}

bool compact_keeps(std::string_view amazon_key) {
  constexpr std::string_view kept[] = {"instance-id", "public-ipv4", "public-hostname", "local-ipv4",
                                       "availability-zone"};
  return std::find(std::begin(kept), std::end(kept), amazon_key) != std::end(kept);
}

}  // namespace muster::eureka
