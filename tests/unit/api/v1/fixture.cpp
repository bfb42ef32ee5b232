#include "tests/unit/api/v1/fixture.hpp"

#include <nlohmann/json.hpp>

namespace muster::test {

Json json_of(const Answer& answer) {
  return Json::parse(answer.body);
}

}  // namespace muster::test
