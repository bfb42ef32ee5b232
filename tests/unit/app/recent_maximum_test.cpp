// Goal: a delay is seen for at least half a minute and forgotten after a whole one. Method: times made up.
#include <catch2/catch.hpp>

#include "server/app/recent_maximum.hpp"

using namespace std::chrono_literals;

TEST_CASE("a delay is shown for half a minute to a minute") {
  muster::app::RecentMaximum maximum;
  maximum.add(5ms, 1000s);
  maximum.add(9ms, 1010s);
  maximum.add(2ms, 1020s);
  CHECK(maximum.at(1020s) == 9ms);
  CHECK(maximum.at(1039s) == 9ms);
  CHECK(maximum.at(1039s) == 9ms);  // reading takes nothing away
  maximum.add(1ms, 1040s);
  CHECK(maximum.at(1075s) == 1ms);
  CHECK(maximum.at(1200s) == 0ms);
}
