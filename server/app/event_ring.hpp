#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "server/api/v1/event_query.hpp"
#include "server/core/node.hpp"

namespace muster::app {

/// The latest things that happened on this node, for GET /v1/events. Numbers count from 1 at each start of the node,
/// kept or not. Lives on the registry loop.
///
/// An addition costs a copy of the names into memory that the ring has already; text is made when somebody reads.
class EventRing {
 public:
  /// Keeps `max` events; 0: none.
  explicit EventRing(std::size_t max) { resize(max); }

  void add(const core::Fact& fact, core::WallMs at_ms);
  void add(const core::HoldFact& fact, core::WallMs at_ms);

  /// Drops the oldest where fewer are to be kept.
  void resize(std::size_t max);

  std::size_t size() const { return slots_.size(); }
  std::uint64_t last() const { return last_; }

  /// The document of GET /v1/events. O(kept events) with a filter, else O(limit).
  std::string document(const api::v1::EventQuery& query) const;

 private:
  enum class Kind : std::uint8_t { fact, hold_began, hold_ended };

  struct Event {
    core::WallMs at_ms = 0;
    Kind kind = Kind::fact;
    core::Cause cause = core::Cause::registered;   ///< of a fact
    core::ScopeKind scope = core::ScopeKind::all;  ///< of a hold
    std::uint32_t first_bytes = 0;
    std::uint32_t second_bytes = 0;
    std::string text;  ///< of a fact: service, id, by; of a hold: name, reason. One after the other

    std::string_view first() const { return std::string_view(text).substr(0, first_bytes); }
    std::string_view second() const { return std::string_view(text).substr(first_bytes, second_bytes); }
    std::string_view third() const { return std::string_view(text).substr(first_bytes + second_bytes); }
  };

  /// Null when none are kept.
  Event* next_slot(core::WallMs at_ms);
  const Event& at(std::uint64_t number) const;
  std::uint64_t oldest() const { return last_ - slots_.size() + 1; }
  static bool passes(const Event& event, const api::v1::EventQuery& query);

  std::size_t max_ = 0;
  std::vector<Event> slots_;  ///< grows to max_, then is written round and round
  std::size_t begin_ = 0;     ///< where the oldest is
  std::uint64_t last_ = 0;
};

}  // namespace muster::app
