#include "server/api/v1/list_document.hpp"

#include <algorithm>

#include "server/api/content.hpp"
#include "server/api/document.hpp"
#include "server/api/slots.hpp"
#include "server/api/v1/instance_document.hpp"

namespace muster::api::v1 {
namespace {

constexpr std::size_t instance_bytes = 700;  // a usual one; only a first guess of the room that a list needs

bool passes(const core::Entry& entry, const InstanceDocument& document, const Filter& filter) {
  if (filter.by_status && !filter.statuses[static_cast<std::size_t>(entry.visible)]) return false;
  if (!filter.zones.empty() &&
      std::find(filter.zones.begin(), filter.zones.end(), document.zone()) == filter.zones.end())
    return false;
  return std::all_of(filter.metadata.begin(), filter.metadata.end(),
                     [&](const auto& wanted) { return document.metadata(wanted.first) == wanted.second; });
}

core::LeaseState mark_of(const core::ServiceView& view, const std::string& id) {
  const auto mark = view.marks.find(id);
  return mark == view.marks.end() ? core::LeaseState::ok : mark->second;
}

void write_counts(muster::v1::JsonWriter& out, const core::StatusCounts& counts) {
  out.key("statuses").open_object();
  for (std::size_t i = 0; i < counts.size(); ++i)
    if (counts[i] != 0) out.count(model::to_string(static_cast<model::Status>(i)), counts[i]);
  out.close_object();
}

}  // namespace

std::string etag_of(const core::ServiceView& view) {
  if (view.marks.empty()) return '"' + view.hash.hex() + '"';
  std::string marks;
  for (const auto& [id, state] : view.marks)
    marks.append(id).append(1, '\0').append(core::to_string(state)).append(1, '\0');
  const std::string of_marks = api::etag_of(marks);
  return '"' + view.hash.hex() + '-' + of_marks.substr(1);
}

std::string encode(const core::ServiceView& view, const Filter& filter) {
  std::string text;
  if (filter.empty()) text.reserve(view.size * instance_bytes);
  muster::v1::JsonWriter out(text);
  out.open_object().text("service", view.name).count("revision", view.revision).text("hash", view.hash.hex());
  out.key("instances").open_array();
  InstanceDocument document;
  view.for_each([&](const core::EntryPtr& entry) {
    document.open(*entry);
    if (passes(*entry, document, filter)) document.write(out, mark_of(view, entry->id));
  });
  out.close_array().close_object();
  return text;
}

std::shared_ptr<const std::string> find_shared_list(const core::ServiceView& view, bool compressed) {
  return std::static_pointer_cast<const std::string>(view.bodies.find(compressed ? service_v1_gzip : service_v1_plain));
}

std::shared_ptr<const std::string> shared_list(const core::ServiceView& view, bool compressed) {
  if (auto found = find_shared_list(view, compressed)) return found;
  std::string text = compressed ? gzip(*shared_list(view, false)) : encode(view, Filter{});
  text.shrink_to_fit();
  return std::static_pointer_cast<const std::string>(view.bodies.put(
      compressed ? service_v1_gzip : service_v1_plain, std::make_shared<const std::string>(std::move(text))));
}

std::string encode(const std::vector<core::DormantOverride>& overrides) {
  std::string text;
  muster::v1::JsonWriter out(text);
  out.open_object().key("overrides").open_array();
  for (const core::DormantOverride& dormant : overrides) {
    const core::Override& override_ = *dormant.override_;
    if (!override_.value) continue;
    out.open_object().text("service", dormant.key.service).text("id", dormant.key.id);
    muster::v1::write_override(out, {*override_.value, override_.reason, override_.by, override_.until_ms});
    out.close_object();
  }
  out.close_array().close_object();
  return text;
}

std::string encode(const core::ServicesView& view) {
  const core::RegistryView& registry = *view.registry;
  std::string text;
  muster::v1::JsonWriter out(text);
  out.open_object().count("revision", registry.revision).text("hash", registry.hash.hex());
  out.count("instances", registry.size);
  write_counts(out, registry.counts);
  out.key("services").open_array();
  for (const core::ServiceSummary& service : core::in_order(view)) {
    out.open_object().text("name", *service.name).count("revision", service.revision).text("hash", service.hash.hex());
    out.count("instances", service.size);
    write_counts(out, service.counts);
    out.close_object();
  }
  out.close_array().close_object();
  return text;
}

}  // namespace muster::api::v1
