// Goal: jobs run away from the loop, in order, and their completions come back to it. Method: a loop run by the test.
#include <stdexcept>
#include <string>
#include <thread>

#include <boost/asio/executor_work_guard.hpp>
#include <catch2/catch.hpp>

#include "server/app/background.hpp"

using namespace muster::app;

TEST_CASE("jobs run in order on another thread, completions on the loop") {
  boost::asio::io_context loop(1);
  auto busy = boost::asio::make_work_guard(loop);
  Log log("error");
  Background background(loop, log, 100);
  std::string order;
  std::thread::id worker, completed_on;
  CHECK(background.run(
      [&] {
        order += "a";
        worker = std::this_thread::get_id();
      },
      [&] { completed_on = std::this_thread::get_id(); }));
  CHECK(background.run([&] { order += "b"; }, [&] { busy.reset(); }));
  loop.run();
  background.stop();
  CHECK(order == "ab");
  CHECK(worker != std::this_thread::get_id());
  CHECK(completed_on == std::this_thread::get_id());
  CHECK(background.jobs() == 0);
}

TEST_CASE("a job that throws completes all the same") {
  boost::asio::io_context loop(1);
  auto busy = boost::asio::make_work_guard(loop);
  Log log("critical");
  Background background(loop, log, 100);
  bool done = false;
  CHECK(background.run([] { throw std::runtime_error("told by the test"); },
                       [&] {
                         done = true;
                         busy.reset();
                       }));
  loop.run();
  CHECK(done);
}

TEST_CASE("stopping drops what waits and leaves nothing running") {
  boost::asio::io_context loop(1);
  Log log("error");
  bool completed = false;
  {
    Background background(loop, log, 100);
    for (int i = 0; i < 100; ++i) CHECK(background.run([] {}, [&] { completed = true; }));
    background.stop();
  }
  CHECK_FALSE(completed);  // the loop was not run
}

TEST_CASE("no more jobs are taken than may wait, and a job counts until it was completed") {
  boost::asio::io_context loop(1);
  auto busy = boost::asio::make_work_guard(loop);
  Log log("error");
  Background background(loop, log, 2);
  int completed = 0;
  const auto done = [&] {
    if (++completed == 3) busy.reset();
  };
  CHECK(background.run([] {}, done));
  CHECK(background.run([] {}, done));
  CHECK_FALSE(background.run([] {}, done));
  background.set_jobs_max(3);
  CHECK(background.run([] {}, done));
  loop.run();
  CHECK(completed == 3);
  CHECK(background.jobs() == 0);
}
