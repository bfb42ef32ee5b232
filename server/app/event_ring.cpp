#include "server/app/event_ring.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "proto/v1/json_writer.hpp"

namespace muster::app {

EventRing::Event* EventRing::next_slot(core::WallMs at_ms) {
  ++last_;
  if (max_ == 0) return nullptr;
  Event* slot = nullptr;
  if (slots_.size() < max_) {
    slot = &slots_.emplace_back();
  } else {
    slot = &slots_[begin_];
    if (++begin_ == max_) begin_ = 0;
    slot->text.clear();  // keeps its memory
  }
  slot->at_ms = at_ms;
  return slot;
}

void EventRing::add(const core::Fact& fact, core::WallMs at_ms) {
  Event* event = next_slot(at_ms);
  if (!event) return;
  event->kind = Kind::fact;
  event->cause = fact.cause;
  event->first_bytes = static_cast<std::uint32_t>(fact.key.service.size());
  event->second_bytes = static_cast<std::uint32_t>(fact.key.id.size());
  event->text.reserve(fact.key.service.size() + fact.key.id.size() + fact.by.size());
  event->text.append(fact.key.service).append(fact.key.id).append(fact.by);
}

void EventRing::add(const core::HoldFact& fact, core::WallMs at_ms) {
  Event* event = next_slot(at_ms);
  if (!event) return;
  event->kind = fact.began ? Kind::hold_began : Kind::hold_ended;
  event->scope = fact.hold.kind;
  event->first_bytes = static_cast<std::uint32_t>(fact.hold.name.size());
  event->second_bytes = static_cast<std::uint32_t>(fact.hold.reason.size());
  event->text.append(fact.hold.name).append(fact.hold.reason);
}

void EventRing::resize(std::size_t max) {
  if (max == max_) return;
  std::rotate(slots_.begin(), std::next(slots_.begin(), static_cast<std::ptrdiff_t>(begin_)), slots_.end());
  begin_ = 0;
  const std::size_t kept = std::min(slots_.size(), max);
  std::vector<Event> slots;
  slots.reserve(max);  // so that no addition moves what is there; pages are taken as they fill
  std::move(std::prev(slots_.end(), static_cast<std::ptrdiff_t>(kept)), slots_.end(), std::back_inserter(slots));
  slots_ = std::move(slots);
  max_ = max;
}

const EventRing::Event& EventRing::at(std::uint64_t number) const {
  std::size_t index = begin_ + static_cast<std::size_t>(number - oldest());
  if (index >= slots_.size()) index -= slots_.size();
  return slots_[index];
}

bool EventRing::passes(const Event& event, const api::v1::EventQuery& query) {
  if (event.kind == Kind::fact)
    return (!query.service || event.first() == *query.service) && (!query.id || event.second() == *query.id);
  // The hold of a service is part of its story; wider ones are shown to those who ask for everything.
  if (query.id) return false;
  return !query.service || (event.scope == core::ScopeKind::service && event.first() == *query.service);
}

std::string EventRing::document(const api::v1::EventQuery& query) const {
  std::vector<std::uint64_t> found;
  std::uint64_t next = last_;
  bool dropped = false;
  if (query.after) {
    // A number that this boot has not given yet is of an earlier one, whose events are gone.
    const bool of_earlier_boot = *query.after > last_;
    dropped = of_earlier_boot || *query.after + 1 < oldest();
    const std::uint64_t first = dropped ? oldest() : *query.after + 1;
    for (std::uint64_t number = first; number <= last_ && found.size() < query.limit; ++number)
      if (passes(at(number), query)) found.push_back(number);
    if (found.size() == query.limit) next = found.back();
  } else {
    for (std::uint64_t number = last_; number >= oldest() && found.size() < query.limit; --number)
      if (passes(at(number), query)) found.push_back(number);
    std::reverse(found.begin(), found.end());
  }

  std::string text;
  muster::v1::JsonWriter out(text);
  out.open_object().key("events").open_array();
  for (const std::uint64_t number : found) {
    const Event& event = at(number);
    out.open_object().count("number", number).time("at", event.at_ms);
    if (event.kind == Kind::fact) {
      out.text("cause", core::to_string(event.cause)).text("service", event.first()).text("id", event.second());
      out.text_or_null("by", event.third());
    } else {
      out.text("cause", event.kind == Kind::hold_began ? "hold_began" : "hold_ended");
      out.text("kind", core::to_string(event.scope)).text("name", event.first()).text("reason", event.second());
    }
    out.close_object();
  }
  out.close_array().count("next", next).boolean("dropped", dropped).close_object();
  return text;
}

}  // namespace muster::app
