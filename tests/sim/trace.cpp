#include "tests/sim/trace.hpp"

#include <sstream>

#include "tests/sim/oracle.hpp"

namespace muster::sim {
namespace {

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};

std::string number(const std::optional<std::int64_t>& value) {
  return value ? std::to_string(*value) : "none";
}

std::string number(const std::optional<core::Incarnation>& value) {
  return value ? std::to_string(*value) : "none";
}

std::string on(core::Face face, const core::Key& key) {
  return (face == core::Face::eureka ? " (eureka) " : " ") + to_string(key);
}

}  // namespace

std::string describe(const core::Command& command) {
  return std::visit(
      Overloaded{
          [](const core::Register& c) {
            return "register" + on(c.face, c.key) + " " + std::string(to_string(c.reported)) +
                   " incarnation=" + number(c.incarnation) + " dirty=" + number(c.dirty_ms);
          },
          [](const core::Renew& c) { return "renew" + on(c.face, c.key) + " dirty=" + number(c.dirty_ms); },
          [](const core::RenewMany& c) { return "renew many: " + std::to_string(c.keys.size()); },
          [](const core::Cancel& c) { return "cancel" + on(c.face, c.key) + " incarnation=" + number(c.incarnation); },
          [](const core::SetStatus& c) {
            return "status " + to_string(c.key) + " " + std::string(to_string(c.status)) +
                   " incarnation=" + number(c.incarnation);
          },
          [](const core::SetOverride& c) {
            return "override" + on(c.face, c.key) + " " + std::string(to_string(c.value));
          },
          [](const core::ClearOverride& c) { return "clear override" + on(c.face, c.key); },
          [](const core::PatchMetadata& c) { return "patch metadata" + on(c.face, c.key); },
          [](const core::ReadInstance& c) { return "read " + to_string(c.key); },
          [](const core::ReleaseHold& c) { return "release hold " + std::string(to_string(c.kind)) + " " + c.name; },
      },
      command);
}

std::string_view describe(core::Result result) {
  switch (result) {
    case core::Result::ok:
      return "ok";
    case core::Result::created:
      return "created";
    case core::Result::unchanged:
      return "unchanged";
    case core::Result::ignored_as_late:
      return "ignored as late";
    case core::Result::unknown_instance:
      return "unknown instance";
    case core::Result::unknown_status:
      return "unknown status";
    case core::Result::client_is_newer:
      return "client is newer";
    case core::Result::client_is_older:
      return "client is older";
    case core::Result::cancelled:
      return "cancelled";
    case core::Result::limit_reached:
      return "limit reached";
    case core::Result::unknown_hold:
      return "unknown hold";
    case core::Result::not_ready:
      return "not ready";
  }
  return "no result";
}

void Trace::add(const core::Event& event, core::Now now, const core::Effects& effects) {
  mix(static_cast<std::uint64_t>(now.monotonic.count()));
  mix(static_cast<std::uint64_t>(effects.wake_up.count()));
  if (std::holds_alternative<core::Timer>(event) && effects.facts.empty() && effects.holds.empty()) return;
  std::ostringstream line;
  line << now.monotonic.count() << ' ';
  const auto* request = std::get_if<core::Request>(&event);
  line << (request != nullptr ? describe(request->command) : "timer");
  for (const core::Reply& reply : effects.replies) line << " -> " << describe(reply.outcome.result);
  for (const core::Fact& fact : effects.facts)
    line << " [" << to_string(fact.cause) << ' ' << to_string(fact.key) << ']';
  for (const core::HoldFact& fact : effects.holds)
    line << (fact.began ? " [hold began " : " [hold ended ") << to_string(fact.hold.kind) << ' ' << fact.hold.name
         << ']';
  std::string text = std::move(line).str();
  mix(text);
  for (const core::Reply& reply : effects.replies) {
    const core::InstanceState& state = reply.outcome.state;
    mix(static_cast<std::uint64_t>(state.renewed_ms));
    mix(static_cast<std::uint64_t>(state.expires_ms));
    if (state.entry != nullptr) mix(state.entry->record.holder.version.clock);
  }
  keep(std::move(text));
}

std::string Trace::last_lines() const {
  std::string out;
  for (const std::string& line : lines_) out += "  " + line + '\n';
  return out;
}

void Trace::mix(std::uint64_t word) {
  hash_ = (hash_ ^ word) * 1099511628211u;
  hash_ ^= hash_ >> 29;
}

void Trace::mix(std::string_view text) {
  for (char c : text) hash_ = (hash_ ^ static_cast<unsigned char>(c)) * 1099511628211u;
}

void Trace::keep(std::string line) {
  lines_.push_back(std::move(line));
  if (lines_.size() > lines_max) lines_.pop_front();
}

}  // namespace muster::sim
