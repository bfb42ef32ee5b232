#include "tests/sim/cluster/random_cluster.hpp"

#include <cstdio>
#include <cstdlib>
#include <stdexcept>

#include "tests/sim/cluster/oracles/acknowledged_present.hpp"
#include "tests/sim/cluster/oracles/bytes.hpp"
#include "tests/sim/cluster/oracles/empties_out.hpp"
#include "tests/sim/cluster/oracles/no_resurrection.hpp"
#include "tests/sim/cluster/oracles/same_everywhere.hpp"

namespace muster::sim {
namespace {

constexpr int steps = 120;
constexpr std::size_t tenants = 8;
constexpr std::size_t machines_max = 7;
constexpr const char* settled = "settled";  ///< the service whose instances register once and for long

/// MUSTER_SIM_STORY=1 tells what is done to the cluster, to follow a seed that failed.
void tell(const Cluster& cluster, const std::string& what) {
  static const bool wanted = std::getenv("MUSTER_SIM_STORY") != nullptr;
  if (wanted) std::fprintf(stderr, "%9.3f %s\n", static_cast<double>(cluster.now().count()) / 1e6, what.c_str());
}

std::string number(std::size_t value) {
  return std::to_string(value);
}

}  // namespace

RandomCluster::RandomCluster(std::uint64_t seed) : random_(seed), cluster_(deal(seed, random_)), chronicle_(cluster_) {
  cluster_.run_for(200ms);
  for (std::size_t i = 0; i < tenants; ++i) {
    const core::Key key{"service-" + number(i % 3), number(i)};
    tenants_.push_back(std::make_unique<Tenant>(cluster_, key, any()));
    tenants_.back()->tell(chronicle_);
    tenants_.back()->start();
  }
}

ClusterOptions RandomCluster::deal(std::uint64_t seed, Random& random) {
  ClusterOptions options;
  options.seed = seed;
  options.machines = 3 + random.below(random.permille(300) ? 5 : 2);
  options.drift_ppm_max = 200;
  options.snapshot_period = Time{random.between(10'000'000, 30'000'000)};
  options.settings.tombstone_retention = std::chrono::seconds(random.permille(700) ? random.between(10, 60) : 600);
  options.wire.delay_max = random.permille(300) ? 300ms : 3ms;
  options.wire.loss_permille = random.permille(400) ? 100 : 0;
  options.wire.duplicate_permille = random.permille(500) ? 100 : 0;
  return options;
}

std::size_t RandomCluster::any() {
  const auto members = cluster_.members();
  return members[random_.below(members.size())];
}

void RandomCluster::run() {
  tell(cluster_, number(cluster_.size()) + " nodes, loss " + number(cluster_.wire().loss_permille) + " permille");
  try {
    be_in_trouble();
    come_to_agree();
    come_to_rest();
  } catch (...) {
    tell_facts();
    throw;
  }
}

void RandomCluster::tell_facts() {
  for (std::size_t i = 0; i < cluster_.size(); ++i)
    for (const auto& [at, fact] : cluster_.machine(i).facts())
      tell(cluster_, "node " + number(i) + " at ms " + number(static_cast<std::size_t>(at / 1ms)) + ' ' + fact.key.id +
                         ' ' + std::string(model::to_string(fact.cause)));
}

void RandomCluster::be_in_trouble() {
  for (int step = 0; step < steps; ++step) {
    disturb();
    cluster_.run_for(Time{random_.between(100'000, random_.permille(50) ? 20'000'000 : 2'000'000)});
    look();
  }
}

void RandomCluster::come_to_agree() {
  tell(cluster_, "calm");
  calm();
  // One lease with its two intervals for those whose holder is gone, and a while for the rest.
  cluster_.run_for(40s);
  look();
  expect_agreement(cluster_);
  expect_tenants();
  expect_acknowledged_present(cluster_, chronicle_, settled);
}

void RandomCluster::come_to_rest() {
  const std::size_t evicted = cluster_.evictions();
  const SteadyBytes bytes(cluster_);
  for (int i = 0; i < 6; ++i) {
    cluster_.run_for(10s);
    look();
  }
  bytes.expect(cluster_);
  expect_agreement(cluster_);
  expect_tenants();
  if (cluster_.evictions() != evicted) throw std::runtime_error("somebody was evicted in calm times\n");
  const auto retention = cluster_.machine(cluster_.members().front()).settings().tombstone_retention;
  if (retention > 1min && !random_.permille(100)) return;  // it takes long
  cluster_.run_for(retention + 130s);
  look();
  expect_empty(cluster_);
  expect_agreement(cluster_);
  expect_acknowledged_present(cluster_, chronicle_, settled);
}

void RandomCluster::look() {
  expect_no_resurrection(cluster_, chronicle_);
  no_false_eviction_.poll(cluster_, chronicle_);
  readers_.resize(cluster_.size());
  for (const std::size_t i : cluster_.members())
    if (random_.permille(300)) readers_[i].poll(cluster_.machine(i));
}

void RandomCluster::disturb() {
  const std::size_t a = any(), b = any();
  const std::uint64_t what = random_.below(16);
  if (what < 5) {
    if (a != b) disturb_links(a, b);
  } else if (what < 9) {
    disturb_process(a);
  } else if (what == 9) {
    const std::int64_t most = random_.permille(300) ? 3'600'000 : 2'000;
    cluster_.machine(a).clock().step_wall(std::chrono::milliseconds(random_.between(-most, most)));
  } else if (what == 10) {
    if (random_.permille(200)) change_members();
  } else if (what < 13) {
    settle_one();
  } else {
    touch(tenant());
  }
}

void RandomCluster::disturb_links(std::size_t a, std::size_t b) {
  const std::string pair = number(a) + ' ' + number(b);
  switch (random_.below(6)) {
    case 0:
      tell(cluster_, "cut " + pair);
      return cluster_.cut(a, b);
    case 1:
      tell(cluster_, "cut both ways " + pair);
      return cluster_.cut_both(a, b);
    case 2:
      tell(cluster_, "cut off " + number(a));
      for (const std::size_t i : cluster_.members())
        if (i != a) cluster_.cut_both(a, i);
      return;
    case 3:
      tell(cluster_, "slow " + pair);
      return cluster_.slow(a, b, Time{random_.between(100'000, 5'000'000)});
    default:
      tell(cluster_, "heal");
      return cluster_.heal_all();
  }
}

void RandomCluster::disturb_process(std::size_t index) {
  Machine& machine = cluster_.machine(index);
  if (!machine.alive()) {
    static const std::vector<DiskFate> fates{DiskFate::newest, DiskFate::newest, DiskFate::stale,
                                             DiskFate::torn,   DiskFate::lost,   DiskFate::fresh};
    const DiskFate fate = random_.pick(fates);
    tell(cluster_, "start " + number(index) + " disk " + number(static_cast<std::size_t>(fate)));
    return machine.start(fate);
  }
  switch (random_.below(4)) {
    case 0: {
      machine.pause();
      const Time span{random_.between(50'000, random_.permille(300) ? 60'000'000 : 3'000'000)};
      tell(cluster_, "pause " + number(index) + " for ms " + number(static_cast<std::size_t>(span / 1ms)));
      return cluster_.schedule().after(span, [&machine] { machine.resume(); });
    }
    case 1: {
      const bool power = random_.permille(300);
      tell(cluster_, (power ? "power off " : "kill ") + number(index));
      chronicle_.dies(index, power);
      return power ? cluster_.power_off(index) : machine.kill();
    }
    default:
      tell(cluster_, "resume " + number(index));
      return machine.resume();
  }
}

void RandomCluster::change_members() {
  if (random_.permille(500)) {
    if (cluster_.size() < machines_max) cluster_.add();
    return;
  }
  const std::size_t leaver = any();
  if (cluster_.members().size() <= 3) return;
  if (cluster_.machine(leaver).alive()) chronicle_.dies(leaver, false);
  cluster_.remove(leaver);
}

/// Registers an instance that will not renew, at any node; sometimes one that is known already, with other content.
void RandomCluster::settle_one() {
  core::Register command;
  command.key = {settled, number(random_.below(30))};
  model::Instance instance;
  instance.host_name = instance.address = "10.0.1.1";
  instance.metadata = {{"text", number(random_.below(1000))}};
  command.payload = model::pack(instance);
  command.lease = {3600, 10'800};
  command.incarnation = 1;
  const std::size_t index = any();
  Machine& machine = cluster_.machine(index);
  if (!machine.answers()) return;
  if (random_.permille(500)) {
    if (const auto outcome = machine.ask(command)) chronicle_.answered(index, command, *outcome);
    return;
  }
  const std::size_t deaths = chronicle_.deaths();
  machine.ask_confirmed(command, [this, index, command, deaths](const core::Outcome& outcome) {
    chronicle_.answered(index, command, outcome);
    if (chronicle_.deaths() == deaths) expect_confirmed(cluster_, chronicle_, index, outcome);
  });
}

void RandomCluster::touch(Tenant& tenant) {
  Machine& machine = cluster_.machine(random_.permille(700) && !cluster_.left(tenant.home()) ? tenant.home() : any());
  switch (random_.below(8)) {
    case 0:
      tell(cluster_, "leave " + tenant.key().id);
      return tenant.leave();
    case 1:
      tell(cluster_, "join " + tenant.key().id);
      return tenant.join();
    case 2:
      tell(cluster_, "move " + tenant.key().id);
      return tenant.move(any());
    case 3:
      return tenant.set_payload(number(random_.below(1000)));
    default:
      return oversee(tenant.key(), machine);
  }
}

/// What an operator or another program does to an instance.
void RandomCluster::oversee(const core::Key& key, Machine& machine) {
  switch (random_.below(4)) {
    case 0: {
      core::SetOverride drain;
      drain.key = key;
      drain.face = random_.permille(500) ? core::Face::native : core::Face::eureka;
      if (random_.permille(300)) drain.ttl = std::chrono::seconds(random_.between(1, 30));
      machine.ask(drain);
      break;
    }
    case 1:
      machine.ask(core::ClearOverride{key, std::nullopt, core::Face::native});
      break;
    case 2:
      machine.ask(core::PatchMetadata{key, {{"a", number(random_.below(9))}}, core::Face::native});
      break;
    default:
      machine.ask(core::SetStatus{key, static_cast<model::Status>(random_.below(4)), std::nullopt});
  }
}

void RandomCluster::calm() {
  cluster_.heal_all();
  cluster_.set_wire({});
  for (const std::size_t i : cluster_.members()) {
    cluster_.machine(i).resume();
    if (!cluster_.machine(i).alive()) cluster_.machine(i).start();
  }
}

/// Who renews is found everywhere; who was cancelled nowhere.
void RandomCluster::expect_tenants() {
  for (const auto& tenant : tenants_)
    for (const std::size_t i : cluster_.members())
      if (lists(cluster_.machine(i), tenant->key()) != tenant->wants())
        throw std::runtime_error("node " + number(i) + (tenant->wants() ? " lacks " : " still lists ") +
                                 tenant->key().service + '/' + tenant->key().id + '\n');
}

}  // namespace muster::sim
