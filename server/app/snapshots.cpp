#include "server/app/snapshots.hpp"

#include <algorithm>
#include <utility>

#include "proto/peer/decode.hpp"
#include "proto/peer/encode.hpp"
#include "server/app/clock.hpp"
#include "server/app/settings_map.hpp"
#include "server/core/hybrid_clock.hpp"
#include "server/store/snapshot_file.hpp"

namespace muster::app {
namespace {

// The first byte of a chunk says what the rest is.
constexpr char known_chunk = 'K';
constexpr char floors_chunk = 'F';
constexpr char records_chunk = 'R';
constexpr std::size_t records_per_chunk = 256;
/// A node that dies soon after its first start has something to come back with.
constexpr std::chrono::milliseconds first_after{2'000};
/// The clock mark is so far ahead, beyond the time until it is written again, that no write has to wait for it.
constexpr std::chrono::milliseconds mark_ahead{120'000};

class Reader final : public store::SnapshotSink {
 public:
  explicit Reader(Kept& kept) : kept_(kept) {}

  void begin() override {
    kept_.records.clear();
    kept_.known = kept_.floors = {};
    known_ = floors_ = false;
  }

  bool take(std::string_view chunk) override {
    if (chunk.empty()) return false;
    const std::string_view bytes = chunk.substr(1);
    switch (chunk.front()) {
      case known_chunk:
        return known_ = vector_from(bytes, kept_.known);
      case floors_chunk:
        return floors_ = vector_from(bytes, kept_.floors);
      case records_chunk:
        return take_records(bytes);
      default:
        return true;  // of a later version
    }
  }

  bool end() override { return known_ && floors_; }

 private:
  static bool vector_from(std::string_view bytes, model::VersionVector& out) {
    auto read = peer::decode_vector(bytes);
    if (auto* vector = std::get_if<model::VersionVector>(&read)) out = std::move(*vector);
    return !std::holds_alternative<peer::Refused>(read);
  }

  bool take_records(std::string_view bytes) {
    auto read = peer::decode_records(bytes, widest_limits());
    auto* records = std::get_if<std::vector<peer::KeyedRecord>>(&read);
    if (!records) return false;
    kept_.records.insert(kept_.records.end(), std::make_move_iterator(records->begin()),
                         std::make_move_iterator(records->end()));
    return true;
  }

  Kept& kept_;
  bool known_ = false;
  bool floors_ = false;
};

/// Gathers records and hands them on in chunks.
class Writer {
 public:
  explicit Writer(store::SnapshotWriter& file) : file_(file) {}

  bool add(const core::EntryPtr& entry) {
    records_.push_back({{*entry->service, entry->id}, entry->record});
    bytes_ += core::bytes_of(entry->record);
    return records_.size() < records_per_chunk && bytes_ < core::message_bytes_max ? true : flush();
  }
  bool add(char kind, const std::string& bytes) {
    bytes_written_ += bytes.size() + 1;
    return file_.add(kind + bytes);
  }
  bool flush() {
    if (records_.empty()) return true;
    bytes_ = 0;
    return add(records_chunk, peer::encode_records(std::exchange(records_, {})));
  }
  std::uint64_t bytes_written() const { return bytes_written_; }

 private:
  store::SnapshotWriter& file_;
  std::vector<peer::KeyedRecord> records_;
  std::size_t bytes_ = 0;
  std::uint64_t bytes_written_ = 0;
};

}  // namespace

Kept read_kept(const std::string& directory, core::WallMs now_ms, Log& log) {
  Kept kept;
  const auto mark = store::ClockMark(directory).read();
  if (mark.problem) log->warn("{}", *mark.problem);
  kept.clock_mark = mark.value.value_or(0);
  Reader reader(kept);
  const store::SnapshotReading read = store::read_snapshot(directory, reader);
  for (const std::string& refused : read.refused) log->warn("{}", refused);
  if (read.problem) log->warn("{}", *read.problem);
  kept.found = read.generation.has_value();
  if (!kept.found) {
    kept.records.clear();
    kept.known = kept.floors = {};
  }
  kept.served_before = !kept.found && (mark.value || mark.problem || !read.refused.empty());
  if (kept.found)
    log->info("restored file={} age_s={} records={} bytes={}", read.file,
              std::max<core::WallMs>(now_ms - read.written_wall_ms, 0) / 1000, kept.records.size(), read.bytes);
  else if (kept.served_before)
    log->warn("no snapshot can be used although this data directory has served before: starting empty");
  return kept;
}

Snapshots::Snapshots(boost::asio::io_context& loop, std::string directory, std::chrono::milliseconds period,
                     RegistryLoop& registry, Log& log)
    : directory_(std::move(directory)),
      period_(period),
      registry_(registry),
      log_(log),
      mark_(directory_),
      timer_(loop),
      background_(loop, log, 4) {
  if (const auto problem = mark_.reserve(mark_wanted())) log_->error("{}", *problem);
  wait(std::min(period_, first_after));
}

void Snapshots::wait(std::chrono::milliseconds span) {
  timer_.expires_after(span);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    write();
    wait(period_);
  });
}

/// Versions follow clocks of other nodes, which may be ahead of this one's.
std::uint64_t Snapshots::mark_wanted() const {
  const std::uint64_t now = std::max(core::HybridClock::clock_at(Clock::wall_ms()), registry_.clock());
  return now + core::HybridClock::clock_at((period_ + mark_ahead).count());
}

bool Snapshots::changed_since(const core::Snapshot& snapshot) const {
  return figures_.written == 0 || !(snapshot.known == known_written_) || registry_.content_root() != content_written_;
}

void Snapshots::write() {
  if (under_way_) return;  // a slow disk: the next turn will do
  auto snapshot = std::make_shared<const core::Snapshot>(registry_.snapshot());
  const bool changed = changed_since(*snapshot);
  auto result = std::make_shared<Result>();
  const std::uint64_t mark = mark_wanted();
  under_way_ = true;
  const auto job = [this, snapshot, result, mark, changed] {
    if (changed) *result = write_file(*snapshot);
    if (auto problem = mark_.reserve(mark); problem && !result->problem) result->problem = std::move(problem);
  };
  const auto done = [this, snapshot, result, changed, content = registry_.content_root()] {
    under_way_ = false;
    if (changed && !result->problem) {
      known_written_ = snapshot->known;
      content_written_ = content;
    }
    if (changed || result->problem) took(*result);
  };
  if (!background_.run(job, done)) under_way_ = false;
}

Snapshots::Result Snapshots::write_file(const core::Snapshot& snapshot) {
  Result result;
  const auto began = Clock::monotonic();
  store::SnapshotWriter file(directory_);
  Writer writer(file);
  bool good = writer.add(known_chunk, peer::encode_vector(snapshot.known)) &&
              writer.add(floors_chunk, peer::encode_vector(snapshot.floors));
  for (const core::SegmentPtr& segment : snapshot.state.live->segments)
    for (const core::EntryPtr& entry : segment->entries) good = good && writer.add(entry);
  for (const core::EntryPtr& entry : snapshot.state.dead) good = good && writer.add(entry);
  if (good) writer.flush();
  result.problem = std::move(file).commit();
  result.bytes = writer.bytes_written();
  result.took = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::monotonic() - began);
  return result;
}

void Snapshots::took(const Result& result) {
  if (result.problem) {
    ++figures_.failed;
    // Once, until it works again: the disk of a machine may stay full for days.
    if (!std::exchange(told_problem_, true)) log_->error("{}", *result.problem);
    return;
  }
  if (std::exchange(told_problem_, false)) log_->info("snapshots can be written again");
  ++figures_.written;
  figures_.bytes = result.bytes;
  figures_.took = result.took;
  figures_.written_ms = Clock::wall_ms();
}

void Snapshots::write_last() {
  timer_.cancel();
  background_.stop();
  const core::Snapshot snapshot = registry_.snapshot();
  if (changed_since(snapshot)) took(write_file(snapshot));
  if (const auto problem = mark_.reserve(mark_wanted())) log_->error("{}", *problem);
}

}  // namespace muster::app
