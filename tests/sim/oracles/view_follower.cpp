#include "tests/sim/oracles/view_follower.hpp"

#include <algorithm>
#include <map>

#include "tests/sim/sim_node.hpp"
#include "tests/sim/snapshot.hpp"

namespace muster::sim {
namespace {

constexpr std::string_view name = "view follower";

std::vector<core::EntryPtr> entries_of(const core::ServiceView& view) {
  std::vector<core::EntryPtr> out;
  view.for_each([&out](const core::EntryPtr& entry) { out.push_back(entry); });
  return out;
}

bool same_entries(const std::vector<core::EntryPtr>& a, const std::vector<core::EntryPtr>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const core::EntryPtr& left, const core::EntryPtr& right) {
                      return left == right || (left->id == right->id && same_content(*left, *right));
                    });
}

}  // namespace

void ViewFollower::poll(SimNode& node, const Poll&) {
  const core::RegistryViewPtr registry = node.core().registry();
  const bool changed = !(registry->hash == registry_hash_);
  if (registry->revision < registry_revision_ || (changed && registry->revision == registry_revision_))
    violated(node, name, "the registry's revision did not grow with its content");
  registry_revision_ = registry->revision;
  registry_hash_ = registry->hash;

  for (const core::ServiceSummary& service : core::in_order(*node.core().services())) kept_[*service.name];
  for (auto& [service, kept] : kept_)
    if (random_.permille(300)) look(node, service, kept);
}

void ViewFollower::look(SimNode& node, const std::string& service, Kept& kept) {
  const core::ServiceViewPtr fresh = node.core().service(service);
  if (kept.view != nullptr && entries_of(*kept.view) != kept.entries)
    violated(node, name, "a view of " + service + " changed after it was handed out");
  follow(node, service, kept, fresh.get());
  if (fresh == nullptr) {
    kept.view = nullptr;
    kept.entries.clear();
    return;
  }
  compare(node, service, kept, *fresh);
  kept = Kept{fresh, entries_of(*fresh), fresh->hash, fresh->revision, fresh->marks_revision, fresh->marks};
}

void ViewFollower::follow(SimNode& node, const std::string& service, const Kept& kept, const core::ServiceView* fresh) {
  const auto changes = node.core().changes(service, kept.revision);
  if (!changes) return;  // the history does not reach back that far, and says so
  std::map<std::string, core::EntryPtr> copy;
  for (const core::EntryPtr& entry : kept.entries) copy[entry->id] = entry;
  std::uint64_t revision = kept.revision;
  for (const core::ServiceChange& change : *changes) {
    if (change.revision <= revision) violated(node, name, "changes of " + service + " are out of order");
    revision = change.revision;
    if (change.entry->action == core::Action::deleted)
      copy.erase(change.entry->id);
    else
      copy[change.entry->id] = change.entry;
  }
  std::vector<core::EntryPtr> followed;
  for (const auto& [id, entry] : copy) followed.push_back(entry);
  if (!same_entries(followed, fresh == nullptr ? std::vector<core::EntryPtr>{} : entries_of(*fresh)))
    violated(node, name, "the changes of " + service + " do not lead to what is there");
  const core::ContentHash hash = fresh == nullptr ? core::ContentHash{} : fresh->hash;
  if (!changes->empty() && !(changes->back().hash == hash))
    violated(node, name, "the last change of " + service + " has another hash than the view");
}

void ViewFollower::compare(SimNode& node, const std::string& service, const Kept& kept,
                           const core::ServiceView& fresh) {
  const bool same = same_entries(kept.entries, entries_of(fresh));
  if (fresh.revision < kept.revision) violated(node, name, "the revision of " + service + " went back");
  if (fresh.revision == kept.revision && !same)
    violated(node, name, "the content of " + service + " changed and its revision did not");
  if (kept.view != nullptr && (fresh.hash == kept.hash) != same)
    violated(node, name, "the hash of " + service + (same ? " changed and its content did not" : " hides a change"));
  if (kept.view == nullptr) return;
  if (fresh.marks_revision < kept.marks_revision)
    violated(node, name, "the marks' revision of " + service + " went back");
  if (fresh.marks_revision == kept.marks_revision && fresh.marks != kept.marks)
    violated(node, name, "marks of " + service + " changed and their revision did not");
}

}  // namespace muster::sim
