#include "server/core/change_log.hpp"

#include <algorithm>
#include <cassert>

namespace muster::core {

const Change* ChangeLog::find(std::uint64_t revision) const {
  if (changes_.empty() || revision < changes_.front().revision) return nullptr;
  // Revisions are consecutive but for what was overtaken and dropped: this far in at most.
  const std::uint64_t farthest = std::min<std::uint64_t>(revision - changes_.front().revision, changes_.size() - 1);
  if (changes_[farthest].revision == revision) return &changes_[farthest];
  const auto place =
      std::lower_bound(changes_.begin(), changes_.begin() + static_cast<std::ptrdiff_t>(farthest), revision,
                       [](const Change& change, std::uint64_t wanted) { return change.revision < wanted; });
  return place->revision == revision ? &*place : nullptr;
}

Change* ChangeLog::find(std::uint64_t revision) {
  return const_cast<Change*>(std::as_const(*this).find(revision));
}

void ChangeLog::append(Slot& slot, Cause cause, EntryPtr entry, Monotonic at, std::uint64_t revision) {
  assert(changes_.empty() || changes_.back().revision < revision);
  // Readers are led to what is, not through what was: content that was overtaken need not be kept.
  if (Change* earlier = find(slot.change)) earlier->entry.reset();
  slot.change = revision;
  slot.service->changes.push_back(revision);
  changes_.push_back({revision, at, cause, std::move(entry), slot.service, slot.service->hash});
}

Change ChangeLog::take_oldest() {
  Change oldest = std::move(changes_.front());
  changes_.pop_front();
  Service& service = *oldest.service;
  assert(!service.changes.empty() && service.changes.front() == oldest.revision);
  service.changes.pop_front();
  dropped_ = oldest.revision;
  return oldest;
}

std::vector<Service*> ChangeLog::take_overtaken() {
  std::vector<Service*> services;
  for (const Change& change : changes_)
    if (!change.entry) services.push_back(change.service);
  std::sort(services.begin(), services.end());
  services.erase(std::unique(services.begin(), services.end()), services.end());
  std::erase_if(changes_, [](const Change& change) { return !change.entry; });
  for (Service* service : services)
    std::erase_if(service->changes, [this](std::uint64_t number) { return !has(number); });
  std::erase_if(services, [](const Service* service) { return !service->changes.empty(); });
  return services;
}

std::vector<EntryPtr> ChangeLog::latest() const {
  std::vector<EntryPtr> out;
  for (const Change& change : changes_)
    if (change.entry) out.push_back(change.entry);
  return out;
}

std::optional<std::vector<Change>> ChangeLog::since(const Service& service, std::uint64_t revision) const {
  if (revision < dropped_) return std::nullopt;
  std::vector<Change> out;
  const auto& numbers = service.changes;
  for (auto number = std::upper_bound(numbers.begin(), numbers.end(), revision); number != numbers.end(); ++number)
    if (const Change* change = find(*number); change->entry) out.push_back(*change);
  return out;
}

std::optional<std::uint64_t> ChangeLog::revision_of(const Service& service, const ContentHash& hash) const {
  for (auto number = service.changes.rbegin(); number != service.changes.rend(); ++number) {
    const Change* change = find(*number);
    if (change->hash == hash) return change->revision;
  }
  return std::nullopt;
}

}  // namespace muster::core
