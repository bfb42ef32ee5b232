#include "server/app/background.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <exception>
#include <utility>

#include <boost/asio/post.hpp>

namespace muster::app {
namespace {

/// Enough that the loop wins against an encoding on one core, little enough that encodings go on beside other programs.
constexpr int niceness = 5;

}  // namespace

Background::Background(boost::asio::io_context& loop, Log& log, std::size_t jobs_max)
    : loop_(loop), log_(log), jobs_max_(jobs_max), thread_([this] { work(); }) {}

Background::~Background() {
  stop();
}

bool Background::run(std::function<void()> job, std::function<void()> done) {
  if (jobs() >= jobs_max_) return false;
  jobs_.fetch_add(1, std::memory_order_relaxed);
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(Item{std::move(job), std::move(done)});
  }
  changed_.notify_one();
  return true;
}

void Background::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
  const std::lock_guard lock(mutex_);
  waiting_.clear();
}

void Background::work() {
  // Linux keeps priorities by thread: this lowers the caller alone. It may be refused; then all are equal.
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), niceness);
  for (;;) {
    Item item;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
      if (stopping_) return;
      item = std::move(waiting_.front());
      waiting_.pop_front();
    }
    carry_out(std::move(item));
  }
}

void Background::carry_out(Item item) {
  try {
    item.job();
  } catch (const std::exception& error) {
    log_->error("background job failed reason=\"{}\"; please report this", error.what());
  }
  item.job = nullptr;  // what it holds is let go of here, not on the loop
  boost::asio::post(loop_, [this, done = std::move(item.done)] {
    jobs_.fetch_sub(1, std::memory_order_relaxed);
    done();
  });
}

}  // namespace muster::app
