#include "server/api/eureka/encode.hpp"

#include <limits>
#include <unordered_map>
#include <vector>

#include "proto/model/ascii.hpp"
#include "server/api/content.hpp"

namespace muster::api::eureka {
namespace {

namespace dialect = muster::eureka;

/// What joining one run into a document costs, in the unit of work_of(): a part, a piece of text and a checksum.
constexpr std::size_t work_joining = 400;

// Clients take deltas only after a full read that did not say -1; the real server always says 1.
constexpr std::string_view registry_version = "1";
constexpr std::string_view picked_version = "-1";

const std::string& first_service(const core::Segment& segment) {
  return *segment.entries.front()->service;
}

const std::string& last_service(const core::Segment& segment) {
  return *segment.entries.back()->service;
}

/// Entries by service in the order in which each service came first, within it in the order given.
std::vector<std::vector<const core::Entry*>> by_service(std::span<const core::EntryPtr> entries) {
  std::vector<std::vector<const core::Entry*>> groups;
  std::unordered_map<std::string_view, std::size_t> places;
  for (const core::EntryPtr& entry : entries) {
    const auto [place, is_new] = places.try_emplace(*entry->service, groups.size());
    if (is_new) groups.emplace_back();
    groups[place->second].push_back(entry.get());
  }
  return groups;
}

/// A list whose entries are in no particular order. Compressed as a whole, since nothing of it is shared.
DocumentPtr encode_list(std::span<const core::EntryPtr> entries, std::string_view version, std::string_view hash,
                        Form form, std::string_view own_id, std::string tag) {
  EntryWriter writer(own_id);
  std::string out;
  const auto separate = [&](bool first) {
    if (!first && form.format == Format::json) out.push_back(',');
  };
  dialect::open_list(out, version, hash, form.format, form.shape);
  const auto groups = by_service(entries);
  for (std::size_t i = 0; i < groups.size(); ++i) {
    separate(i == 0);
    dialect::open_application(out, writer.app_of(*groups[i].front()), form.format, form.shape);
    for (std::size_t j = 0; j < groups[i].size(); ++j) {
      separate(j == 0);
      writer.write(out, *groups[i][j], form.format, form.shape);
    }
    dialect::close_application(out, form.format, form.shape);
  }
  dialect::close_list(out, version, hash, form.format, form.shape);
  const std::size_t work = work_for(entries, std::numeric_limits<std::size_t>::max());
  return Document::of(form, form.gzip ? gzip(out) : std::move(out), std::move(tag), work);
}

/// Adds up work, looking at every entry until there is as much as needs to be exact, and taking the mean for the rest:
/// a look at an entry is a walk through memory, and a hundred thousand of them take longer than the loop has.
class Sum {
 public:
  Sum(std::size_t work, std::size_t exact_up_to) : work_(work), exact_up_to_(exact_up_to) {}

  void add(std::span<const core::EntryPtr> entries) {
    std::size_t looked_at = 0;
    for (; looked_at < entries.size() && work_ < exact_up_to_; ++looked_at) {
      const std::size_t work = work_of(*entries[looked_at]);
      work_ += work;
      looked_at_work_ += work;
    }
    looked_at_ += looked_at;
    rest_ += entries.size() - looked_at;
  }

  std::size_t work() const { return work_ + (looked_at_ == 0 ? rest_ : rest_ * (looked_at_work_ / looked_at_)); }

 private:
  std::size_t work_;
  const std::size_t exact_up_to_;
  std::size_t looked_at_ = 0;
  std::size_t looked_at_work_ = 0;
  std::size_t rest_ = 0;
};

}  // namespace

DocumentPtr encode_registry(const core::RegistryView& view, Form form, std::string_view own_id, std::string tag) {
  EntryWriter writer(own_id);
  DocumentBuilder builder(form);
  const std::string hash = dialect::hash_code(view.counts);
  std::size_t work = view.segments.size() * work_joining;
  dialect::open_list(builder.text(), registry_version, hash, form.format, form.shape);
  const core::Segment* before = nullptr;
  for (const core::SegmentPtr& segment : view.segments) {
    if (before == nullptr)
      dialect::open_application(builder.text(), model::to_upper(first_service(*segment)), form.format, form.shape);
    else if (last_service(*before) != first_service(*segment))
      write_border(builder.text(), model::to_upper(first_service(*segment)), form.format, form.shape);
    else if (form.format == Format::json)
      builder.text(",");
    builder.run(run_of(*segment, writer, form, work));
    before = segment.get();
  }
  if (before != nullptr) dialect::close_application(builder.text(), form.format, form.shape);
  dialect::close_list(builder.text(), registry_version, hash, form.format, form.shape);
  return builder.finish(std::move(tag), work);
}

DocumentPtr encode_delta(const core::DeltaView& view, Form form, std::string_view own_id, std::string tag) {
  return encode_list(view.entries, delta_version(*view.registry), dialect::hash_code(view.registry->counts), form,
                     own_id, std::move(tag));
}

DocumentPtr encode_service(const core::ServiceView& view, Form form, std::string_view own_id, std::string tag) {
  EntryWriter writer(own_id);
  DocumentBuilder builder(form);
  std::size_t work = view.slices.size() * work_joining;
  dialect::open_application_document(builder.text(), model::to_upper(view.name), form.format, form.shape);
  bool first = true;
  for (const core::Slice& slice : view.slices) {
    if (slice.begin == slice.end) continue;
    if (!first && form.format == Format::json) builder.text(",");
    first = false;
    builder.run(run_of(slice, writer, form, work));
  }
  dialect::close_application_document(builder.text(), form.format, form.shape);
  return builder.finish(std::move(tag), work);
}

DocumentPtr encode_picked(const core::ListView& entries, Form form, std::string_view own_id) {
  core::StatusCounts counts{};
  for (const core::EntryPtr& entry : entries) ++counts[static_cast<std::size_t>(entry->visible)];
  return encode_list(entries, picked_version, dialect::hash_code(counts), form, own_id, {});
}

std::size_t work_for(std::span<const core::EntryPtr> entries, std::size_t exact_up_to) {
  Sum sum(0, exact_up_to);
  sum.add(entries);
  return sum.work();
}

std::size_t work_for(const std::vector<core::ServiceViewPtr>& services, std::size_t exact_up_to) {
  Sum sum(0, exact_up_to);
  for (const core::ServiceViewPtr& service : services)
    for (const core::Slice& slice : service->slices)
      sum.add(std::span<const core::EntryPtr>(slice.segment->entries).subspan(slice.begin, slice.end - slice.begin));
  return sum.work();
}

std::size_t work_for(const core::RegistryView& view, Form form, std::size_t exact_up_to) {
  Sum sum(view.segments.size() * work_joining, exact_up_to);
  for (const core::SegmentPtr& segment : view.segments)
    if (!is_cached(*segment, form)) sum.add(segment->entries);
  return sum.work();
}

std::size_t work_for(const core::ServiceView& view, Form form, std::size_t exact_up_to) {
  Sum sum(view.slices.size() * work_joining, exact_up_to);
  for (const core::Slice& slice : view.slices) {
    const bool whole = slice.begin == 0 && slice.end == slice.segment->entries.size();
    if (whole && is_cached(*slice.segment, form)) continue;
    sum.add(std::span<const core::EntryPtr>(slice.segment->entries).subspan(slice.begin, slice.end - slice.begin));
  }
  return sum.work();
}

std::string delta_version(const core::RegistryView& view) {
  return std::to_string(view.revision + 1);
}

}  // namespace muster::api::eureka
