#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

#include <boost/asio/io_context.hpp>

#include "server/api/doors.hpp"
#include "server/app/log.hpp"

namespace muster::app {

/// One worker thread of lower priority: on a busy machine heartbeats go before encodings. Jobs run in the order given.
/// run() may be called on the loop only; `done` comes there.
class Background final : public api::Background {
 public:
  /// At most `jobs_max` jobs wait or are under way.
  Background(boost::asio::io_context& loop, Log& log, std::size_t jobs_max);
  ~Background() override;

  bool run(std::function<void()> job, std::function<void()> done) override;
  void set_jobs_max(std::size_t jobs_max) { jobs_max_ = jobs_max; }

  /// Waits for the job under way and drops the others; their `done` never comes. Nothing runs here afterwards.
  void stop();

  /// Jobs waiting or under way.
  std::size_t jobs() const { return jobs_.load(std::memory_order_relaxed); }

 private:
  struct Item {
    std::function<void()> job;
    std::function<void()> done;
  };

  void work();
  void carry_out(Item item);

  boost::asio::io_context& loop_;
  Log& log_;
  std::size_t jobs_max_;  // used on the loop
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Item> waiting_;  // guarded by mutex_
  bool stopping_ = false;     // guarded by mutex_
  std::atomic<std::size_t> jobs_{0};
  std::thread thread_;
};

}  // namespace muster::app
