#include "server/app/fact_log.hpp"

#include <chrono>

#include "config/value.hpp"

namespace muster::app {
namespace {

constexpr std::chrono::seconds summary_interval{1};

std::size_t index(core::Cause cause) {
  return static_cast<std::size_t>(cause);
}

bool is_eviction(core::Cause cause) {
  switch (cause) {
    case core::Cause::expired:
    case core::Cause::hold_expired:
    case core::Cause::hold_released:
      return true;
    case core::Cause::registered:
    case core::Cause::changed:
    case core::Cause::drained:
    case core::Cause::undrained:
    case core::Cause::cancelled:
      return false;
  }
  return false;
}

/// Names come from clients: quoted, so that none can forge a line.
std::string text_of(const core::Key& key) {
  return config::quoted(key.service + "/" + key.id);
}

}  // namespace

static_assert(static_cast<std::size_t>(core::Cause::hold_released) + 1 == cause_count);

FactLog::FactLog(boost::asio::io_context& loop, Log& log, std::size_t events_max)
    : log_(log), events_(events_max), summary_(loop) {}

void FactLog::take(const core::Fact& fact, core::WallMs at_ms) {
  events_.add(fact, at_ms);
  ++counts_[index(fact.cause)];
  if (is_eviction(fact.cause)) count_eviction(fact);
  if (log_->should_log(spdlog::level::debug))
    log_->debug("{} instance={} by={}", core::to_string(fact.cause), text_of(fact.key), config::quoted(fact.by));
}

void FactLog::count_eviction(const core::Fact& fact) {
  if (summary_due_) return;
  summary_due_ = true;
  example_ = text_of(fact.key);
  summary_.expires_after(summary_interval);
  summary_.async_wait([this](const boost::system::error_code& error) {
    if (!error) flush();
  });
}

void FactLog::flush() {
  if (!summary_due_) return;
  summary_due_ = false;
  const auto fresh = [this](core::Cause cause) { return counts_[index(cause)] - told_[index(cause)]; };
  log_->info("evicted expired={} hold_expired={} hold_released={} example={}", fresh(core::Cause::expired),
             fresh(core::Cause::hold_expired), fresh(core::Cause::hold_released), example_);
  told_ = counts_;
}

void FactLog::take(const core::HoldFact& fact, core::WallMs at_ms) {
  events_.add(fact, at_ms);
  const core::Hold& hold = fact.hold;
  if (fact.began)
    log_->warn("hold began scope={} name={} instances={} failing={} reason={}", core::to_string(hold.kind),
               config::quoted(hold.name), hold.instances, hold.failing, config::quoted(hold.reason));
  else
    log_->warn("hold ended scope={} name={} instances={} failing={} reason={}", core::to_string(hold.kind),
               config::quoted(hold.name), hold.instances, hold.failing, config::quoted(hold.reason));
}

}  // namespace muster::app
