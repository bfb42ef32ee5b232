#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include "server/net/server.hpp"

namespace muster::test {

/// A server on a thread of its own, with answers that show what the sessions do.
///
///     /echo       200, the body as text; method, target, number of headers and caller as headers
///     /big?N      N bytes in shared parts of 64 KiB, each byte telling its position
///     /own?N      N bytes that this answer alone keeps alive
///     /later      kept until answer_kept()
///     /throw      an exception;  /late-throw: one after the answer
///     /status?N   N with the body "text"
///     /close      200, and asks for the connection to be closed
///     others      200, empty
class ToyServer final : public api::Handler {
 public:
  explicit ToyServer(net::Limits limits = {});
  ~ToyServer() override;
  ToyServer(const ToyServer&) = delete;
  ToyServer& operator=(const ToyServer&) = delete;

  std::uint16_t port() const { return port_; }
  net::Stats stats();
  /// Number of shared bodies that somebody still keeps alive.
  long shared_bodies() const { return body_life_.use_count() - 1; }
  std::vector<std::string> reports();

  /// Waits until so many requests of /later are kept.
  void await_kept(std::size_t count);
  /// Answers all kept requests with 200 and `text`.
  void answer_kept(const std::string& text);

  void on_loop(std::function<void(net::Server&)> action);
  /// Begins to drain; the future is ready when it is done.
  std::future<void> drain(std::chrono::milliseconds deadline);
  /// Ends the server, not the loop.
  void destroy_server();

 private:
  void handle(const api::Request& request, api::Responder& responder) override;

  boost::asio::io_context loop_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{loop_.get_executor()};
  std::unique_ptr<net::Server> server_;
  std::uint16_t port_ = 0;
  std::shared_ptr<int> body_life_ = std::make_shared<int>(0);
  std::shared_ptr<const std::string> pattern_;
  std::vector<api::Responder*> kept_;  ///< used on the loop
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t kept_count_ = 0;        ///< guarded by mutex_
  std::vector<std::string> reports_;  ///< guarded by mutex_
  std::thread thread_;
};

/// Waits until `condition` holds; false when it does not within the patience of Client. For what shows itself by no
/// event.
bool eventually(const std::function<bool()>& condition);

/// What /big?size sends.
std::string big_body(std::size_t size);

}  // namespace muster::test
