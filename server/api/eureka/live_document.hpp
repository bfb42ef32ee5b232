#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "server/api/doors.hpp"
#include "server/api/eureka/cost.hpp"
#include "server/api/eureka/document.hpp"

namespace muster::api::eureka {

using Clock = std::function<std::chrono::steady_clock::time_point()>;
/// Processor time of the calling thread, see thread_time().
using ThreadClock = std::function<std::chrono::nanoseconds()>;

/// One document that many read while it changes (the registry, or the delta, in one form), kept as fresh as can be had
/// for a bounded share of a processor:
///  * while encoding the newest state takes no longer than inline_max, every reader gets that state, encoded on the
///  loop;
///  * else there is one encoding in `background` per max(100 ms, 5 times what it took), or at once when only a fraction
///    of that is left to encode. Readers meanwhile get the last
///    finished one with its age. A reader for whom that is too old waits for the next, as does the first ever.
/// So nobody gets a document older than the span above and one encoding. Lives on the loop.
///
/// At most two generations are alive here, the finished one and the one being encoded. Readers hold older ones while
/// they are being sent; the session's write time-out bounds that.
class LiveDocument {
 public:
  /// The newest state, as seen by one reader.
  struct Source {
    std::string tag;                      ///< names the state: equal tags, equal bytes
    std::size_t work = 0;                 ///< what encoding it takes, exact up to CostModel::too_much()
    std::function<DocumentPtr()> encode;  ///< runs on any thread
  };

  /// `document` is null when encoding failed. `age` is 0 for the newest state.
  using Done = std::function<void(DocumentPtr document, std::chrono::milliseconds age)>;

  LiveDocument(Form form, Background& background, CostModel& costs, Clock clock,
               ThreadClock thread_clock = thread_time);
  ~LiveDocument();
  LiveDocument(const LiveDocument&) = delete;
  LiveDocument& operator=(const LiveDocument&) = delete;

  void read(Source source, Done done);

  /// The finished document with its age, while it is expensive and young: its reader need not even ask for the newest
  /// state. Null otherwise.
  DocumentPtr recent(std::chrono::milliseconds& age);

  /// Lets go of the finished document when nobody has read it for `idle_max`.
  void drop_if_idle(std::chrono::steady_clock::time_point now);

 private:
  using TimePoint = std::chrono::steady_clock::time_point;

  void encode_here(const Source& source, const Done& done);
  void encode_in_background(Source source);
  void finish(DocumentPtr document, std::chrono::nanoseconds took, std::chrono::nanoseconds cost);
  bool catches_up(std::chrono::nanoseconds estimate) const;
  bool fresh_enough(TimePoint now) const;
  std::chrono::milliseconds age(TimePoint now) const;

  static constexpr std::chrono::milliseconds period_min{100};
  static constexpr int period_factor = 5;
  static constexpr std::chrono::seconds idle_max{30};

  const Form form_;
  Background& background_;
  CostModel& costs_;
  Clock clock_;
  ThreadClock thread_clock_;
  DocumentPtr current_;
  TimePoint current_at_{};  ///< when current_ was the newest state, for all that is known
  TimePoint last_read_{};
  bool expensive_ = false;                       ///< current_ was encoded in the background
  std::chrono::nanoseconds background_took_{0};  ///< the last time
  bool encoding_ = false;
  TimePoint encoding_at_{};  ///< when the present or last background encoding began
  TimePoint next_due_{};     ///< when the next encoding has its turn
  std::vector<Done> waiters_;
  std::shared_ptr<bool> alive_;  ///< tells a job that comes back too late
};

}  // namespace muster::api::eureka
