// Goal: every way of asking for a lease gets the terms that are promised. Method: a table.
#include "server/core/lease_terms.hpp"

#include <catch2/catch.hpp>

using namespace muster::core;
using muster::model::LeaseRequest;

TEST_CASE("a lease is what was asked for, and at least two intervals long") {
  struct Row {
    LeaseRequest asked;
    Face face;
    std::uint32_t interval, duration;
    bool raised;
  };
  const Row row = GENERATE(Row{{}, Face::native, 30, 90, false},                                       //
                           Row{{}, Face::eureka, 30, 90, false},                                       //
                           Row{{5u, 15u}, Face::native, 5, 15, false},                                 //
                           Row{{5u, 10u}, Face::native, 5, 10, false},                                 //
                           Row{{5u, 9u}, Face::native, 5, 10, true},                                   //
                           Row{{30u, 3u}, Face::eureka, 30, 60, true},                                 //
                           Row{{{}, 3u}, Face::eureka, 1, 3, false},                                   //
                           Row{{{}, 1u}, Face::native, 1, 1, false},                                   //
                           Row{{10u, {}}, Face::native, 10, 30, false},                                //
                           Row{{10u, {}}, Face::eureka, 10, 90, false},                                //
                           Row{{60u, {}}, Face::eureka, 60, 120, false},                               //
                           Row{{0u, 0u}, Face::native, 1, 2, true},                                    //
                           Row{{4'000'000'000u, 4'000'000'000u}, Face::native, 43'200, 86'400, true},  //
                           Row{{86'400u, {}}, Face::native, 43'200, 86'400, false});
  const GrantedLease lease = grant(row.asked, row.face, LeaseSettings{});
  CHECK(lease.terms.interval_s == row.interval);
  CHECK(lease.terms.duration_s == row.duration);
  CHECK(lease.raised == row.raised);
}

TEST_CASE("doubled leases are not raised as well") {
  LeaseSettings settings;
  settings.doubled = true;
  const GrantedLease lease = grant({30u, 40u}, Face::eureka, settings);
  CHECK(lease.terms.duration_s == 40);
  CHECK_FALSE(lease.raised);
}
