#include <catch2/catch.hpp>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/sim/cluster/oracles/same_everywhere.hpp"
#include "tests/sim/cluster/tenant.hpp"
#include "tests/sim/seeds.hpp"

// Whole clusters dealt from seeds: first everything goes wrong (safety), then faults stop and the nodes must agree
// within a bounded time (liveness).
namespace muster::sim {
namespace {

class RandomCluster {
 public:
  explicit RandomCluster(std::uint64_t seed) : random_(seed), cluster_(deal(seed, random_)) {
    cluster_.run_for(200ms);
    for (std::size_t i = 0; i < 8; ++i) {
      const core::Key key{"service-" + std::to_string(i % 3), std::to_string(i)};
      tenants_.push_back(std::make_unique<Tenant>(cluster_, key, any()));
      tenants_.back()->start();
    }
  }

  void run() {
    for (int step = 0; step < 120; ++step) {
      disturb();
      cluster_.run_for(Time{random_.between(100'000, 2'000'000)});
    }
    calm();
    // One lease with its two intervals for those whose holder is gone, and a while for the rest.
    cluster_.run_for(40s);
    expect_agreement(cluster_);
    expect_tenants();
    const std::size_t evicted = cluster_.evictions();
    cluster_.run_for(60s);
    expect_agreement(cluster_);
    expect_tenants();
    if (cluster_.evictions() != evicted) throw std::runtime_error("somebody was evicted in calm times\n");
  }

 private:
  static ClusterOptions deal(std::uint64_t seed, Random& random) {
    ClusterOptions options;
    options.seed = seed;
    options.machines = 3 + random.below(3);
    options.drift_ppm_max = 200;
    options.wire.delay_max = random.permille(300) ? 300ms : 3ms;
    options.wire.loss_permille = random.permille(500) ? 100 : 0;
    options.wire.duplicate_permille = random.permille(500) ? 100 : 0;
    return options;
  }

  std::size_t any() { return random_.below(cluster_.size()); }
  Tenant& tenant() { return *tenants_[random_.below(tenants_.size())]; }

  void disturb() {
    const std::size_t a = any(), b = any();
    switch (random_.below(12)) {
      case 0:
      case 1:
        if (a != b) cluster_.cut(a, b);
        break;
      case 2:
        if (a != b) cluster_.cut_both(a, b);
        break;
      case 3:
        cluster_.heal_all();
        break;
      case 4:
        if (cluster_.machine(a).alive()) cluster_.machine(a).pause();
        break;
      case 5:
        for (std::size_t i = 0; i < cluster_.size(); ++i) cluster_.machine(i).resume();
        break;
      case 6:
        if (cluster_.machine(a).alive() && random_.permille(500))
          cluster_.machine(a).kill();
        else if (!cluster_.machine(a).alive())
          cluster_.machine(a).start();
        break;
      case 7:
        cluster_.machine(a).clock().step_wall(std::chrono::milliseconds(random_.between(-60'000, 60'000)));
        break;
      default:
        touch(tenant());
    }
  }

  void touch(Tenant& tenant) {
    Machine& machine = cluster_.machine(random_.permille(700) ? tenant.home() : any());
    switch (random_.below(8)) {
      case 0:
        tenant.leave();
        break;
      case 1:
        tenant.join();
        break;
      case 2:
        tenant.move(any());
        break;
      case 3:
        tenant.set_payload(std::to_string(random_.below(1000)));
        break;
      case 4: {
        core::SetOverride drain;
        drain.key = tenant.key();
        drain.face = random_.permille(500) ? core::Face::native : core::Face::eureka;
        if (random_.permille(300)) drain.ttl = std::chrono::seconds(random_.between(1, 30));
        machine.ask(drain);
        break;
      }
      case 5:
        machine.ask(core::ClearOverride{tenant.key(), std::nullopt, core::Face::native});
        break;
      case 6:
        machine.ask(core::PatchMetadata{tenant.key(), {{"a", std::to_string(random_.below(9))}}, core::Face::native});
        break;
      case 7:
        machine.ask(core::SetStatus{tenant.key(), static_cast<model::Status>(random_.below(4)), std::nullopt});
        break;
    }
  }

  void calm() {
    cluster_.heal_all();
    cluster_.set_wire({});
    for (std::size_t i = 0; i < cluster_.size(); ++i) {
      cluster_.machine(i).resume();
      if (!cluster_.machine(i).alive()) cluster_.machine(i).start();
    }
  }

  /// Who renews is found everywhere; who was cancelled, or only remembered, nowhere.
  void expect_tenants() {
    for (const auto& tenant : tenants_)
      for (std::size_t i = 0; i < cluster_.size(); ++i)
        if (lists(cluster_.machine(i), tenant->key()) != tenant->wants())
          throw std::runtime_error("node " + std::to_string(i) + (tenant->wants() ? " lacks " : " still lists ") +
                                   tenant->key().service + '/' + tenant->key().id + '\n');
  }

  Random random_;
  Cluster cluster_;
  std::vector<std::unique_ptr<Tenant>> tenants_;
};

}  // namespace

TEST_CASE("random clusters agree when faults stop") {
  for_seeds(100, [](std::uint64_t seed) { RandomCluster(seed).run(); });
}

}  // namespace muster::sim
