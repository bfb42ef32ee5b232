#include "tests/sim/cluster/disk.hpp"

#include <algorithm>
#include <span>
#include <utility>
#include <variant>

#include "proto/peer/decode.hpp"
#include "proto/peer/encode.hpp"

namespace muster::sim {
namespace {

constexpr std::size_t generations_kept = 2;
constexpr std::size_t records_per_run = 64;
constexpr std::uint64_t reserved_ahead = std::uint64_t{10'000} << 16;  ///< 10 s of the versions' clock

}  // namespace

void Disk::save(core::Node& node) {
  const core::Snapshot snapshot = node.snapshot();
  std::vector<peer::KeyedRecord> records;
  const auto add = [&](const core::EntryPtr& entry) {
    records.push_back({{*entry->service, entry->id}, entry->record});
  };
  for (const core::SegmentPtr& segment : snapshot.state.live->segments)
    for (const core::EntryPtr& entry : segment->entries) add(entry);
  for (const core::EntryPtr& entry : snapshot.state.dead) add(entry);
  Generation generation;
  const std::span<const peer::KeyedRecord> all(records);
  for (std::size_t i = 0; i < all.size(); i += records_per_run)
    generation.runs.push_back(peer::encode_records(all.subspan(i, std::min(records_per_run, all.size() - i))));
  generation.known = peer::encode_vector(snapshot.known);
  generation.floors = peer::encode_vector(snapshot.floors);
  generations_.push_front(std::move(generation));
  if (generations_.size() > generations_kept) generations_.pop_back();
}

void Disk::suffer(DiskFate fate) {
  switch (fate) {
    case DiskFate::newest:
      break;
    case DiskFate::stale:
      if (!generations_.empty()) generations_.pop_front();
      break;
    case DiskFate::torn:
      if (!generations_.empty()) generations_.front().floors.pop_back();  // written last, so that nothing was before
      break;
    case DiskFate::fresh:
      served_ = false;
      clock_mark_ = 0;
      [[fallthrough]];
    case DiskFate::lost:
      generations_.clear();
  }
}

bool Disk::load(core::Node& node, const Generation& generation) {
  const auto known = peer::decode_vector(generation.known);
  const auto floors = peer::decode_vector(generation.floors);
  if (!std::holds_alternative<peer::VersionVector>(known) || !std::holds_alternative<peer::VersionVector>(floors))
    return false;
  std::vector<peer::KeyedRecord> all;
  for (const std::string& run : generation.runs) {
    auto records = peer::decode_records(run);
    auto* read = std::get_if<std::vector<peer::KeyedRecord>>(&records);
    if (!read) return false;
    all.insert(all.end(), read->begin(), read->end());
  }
  for (const peer::KeyedRecord& item : all) node.restore(item);
  node.restored(std::get<peer::VersionVector>(known), std::get<peer::VersionVector>(floors));
  return true;
}

void Disk::load(core::Node& node) {
  while (!generations_.empty() && !load(node, generations_.front())) generations_.pop_front();
}

void Disk::prepare(core::Settings& settings) const {
  settings.served_before = served_;
  settings.clock_mark = clock_mark_;
}

void Disk::follow(const core::Node& node) {
  served_ = true;
  if (node.clock() > clock_mark_) clock_mark_ = node.clock() + reserved_ahead;
}

std::size_t Disk::bytes() const {
  if (generations_.empty()) return 0;
  std::size_t sum = generations_.front().known.size() + generations_.front().floors.size();
  for (const std::string& run : generations_.front().runs) sum += run.size();
  return sum;
}

}  // namespace muster::sim
