#include "server/api/eureka/live_document.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace muster::api::eureka {

LiveDocument::LiveDocument(Form form, Background& background, CostModel& costs, Clock clock, ThreadClock thread_clock)
    : form_(form),
      background_(background),
      costs_(costs),
      clock_(std::move(clock)),
      thread_clock_(std::move(thread_clock)),
      alive_(std::make_shared<bool>(true)) {}

LiveDocument::~LiveDocument() = default;

void LiveDocument::read(Source source, Done done) {
  const TimePoint now = clock_();
  last_read_ = now;
  if (current_ && current_->tag == source.tag) {
    current_at_ = now;
    return done(current_, std::chrono::milliseconds(0));
  }
  const std::chrono::nanoseconds estimate = costs_.estimate(form_, source.work);
  if (estimate <= inline_max) return encode_here(source, done);
  const bool due = !encoding_ && (!current_ || now >= next_due_ || catches_up(estimate));
  if (fresh_enough(now)) {
    const std::chrono::milliseconds its_age = age(now);
    // The answer comes first: with a background that works at once, starting it would replace what is answered.
    done(current_, its_age);
    if (due) encode_in_background(std::move(source));
    return;
  }
  waiters_.push_back(std::move(done));
  if (!encoding_) encode_in_background(std::move(source));
}

DocumentPtr LiveDocument::recent(std::chrono::milliseconds& its_age) {
  const TimePoint now = clock_();
  if (!current_ || !expensive_ || (now >= next_due_ && now - current_at_ >= period_min)) return nullptr;
  last_read_ = now;
  its_age = age(now);
  return current_;
}

void LiveDocument::drop_if_idle(TimePoint now) {
  if (current_ && now - last_read_ > idle_max) current_.reset();
}

void LiveDocument::encode_here(const Source& source, const Done& done) {
  const std::chrono::nanoseconds before = thread_clock_();
  const TimePoint seen_at = clock_();
  DocumentPtr document = source.encode();
  costs_.learn(form_, document->work, thread_clock_() - before);
  expensive_ = false;
  current_ = document;
  current_at_ = seen_at;
  done(std::move(document), std::chrono::milliseconds(0));
}

void LiveDocument::encode_in_background(Source source) {
  struct Job {
    Source source;
    DocumentPtr document;
    std::chrono::nanoseconds took{0};
    std::chrono::nanoseconds cost{0};
  };
  encoding_ = true;
  encoding_at_ = clock_();
  // Catching up is paid for later; whatever else comes in its own time begins a new account.
  next_due_ = std::max(next_due_, encoding_at_);
  auto job = std::make_shared<Job>();
  job->source = std::move(source);
  const bool taken = background_.run(
      [job, clock = clock_, thread_clock = thread_clock_] {
        const TimePoint before = clock();
        const std::chrono::nanoseconds cost_before = thread_clock();
        try {
          job->document = job->source.encode();
        } catch (const std::exception&) {
          // Out of memory, in practice: those who wait are told, and the next reader tries again.
          job->document = nullptr;
        }
        job->took = clock() - before;
        job->cost = thread_clock() - cost_before;
        job->source.encode = nullptr;
      },
      [this, job, alive = std::weak_ptr<bool>(alive_)] {
        if (!alive.expired()) finish(std::move(job->document), job->took, job->cost);
      });
  if (taken) return;
  encoding_ = false;
  for (Done& done : std::exchange(waiters_, {})) done(nullptr, std::chrono::milliseconds(0));
}

void LiveDocument::finish(DocumentPtr document, std::chrono::nanoseconds took, std::chrono::nanoseconds cost) {
  encoding_ = false;
  background_took_ = took;
  next_due_ = std::max<TimePoint>(next_due_ + period_factor * took, encoding_at_ + period_min);
  const bool failed = !document;
  // A reader may have got a newer state meanwhile, when little of it was left to encode.
  if (!failed && (!current_ || current_at_ < encoding_at_)) {
    costs_.learn(form_, document->work, cost);
    expensive_ = true;
    current_ = std::move(document);
    current_at_ = encoding_at_;
  }
  const DocumentPtr answer = failed ? nullptr : current_;
  const std::chrono::milliseconds its_age = failed ? std::chrono::milliseconds(0) : age(clock_());
  for (Done& done : std::exchange(waiters_, {})) done(answer, its_age);
}

/// What changed during a long encoding takes a fraction of it: encoding that at once, and what changed during this,
/// soon leads back to exact reads, where waiting would let the backlog grow to the whole again. Halves make at most two
/// wholes.
bool LiveDocument::catches_up(std::chrono::nanoseconds estimate) const {
  return expensive_ && 2 * estimate <= background_took_;
}

bool LiveDocument::fresh_enough(TimePoint now) const {
  return current_ && (now < next_due_ + background_took_ || now - current_at_ <= period_min);
}

std::chrono::milliseconds LiveDocument::age(TimePoint now) const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(now - current_at_);
}

}  // namespace muster::api::eureka
