// Accepting when the process has no file descriptors left: the server must neither spin nor go deaf.
#include <catch2/catch.hpp>

#include <fcntl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "tests/net/client.hpp"
#include "tests/net/toy_server.hpp"

namespace muster {

using test::Client;
using test::Reply;
using test::request;
using test::ToyServer;

namespace {

/// Leaves this process without free descriptors until it goes.
class NoDescriptors {
 public:
  /// `free`: how many are left.
  explicit NoDescriptors(int free) {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    rlimit lowered = before_;
    lowered.rlim_cur = 256;
    ::setrlimit(RLIMIT_NOFILE, &lowered);
    for (int descriptor = 0; (descriptor = ::open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0;)
      held_.push_back(descriptor);
    for (; free > 0; --free) release_one();
  }
  ~NoDescriptors() {
    while (!held_.empty()) release_one();
    ::setrlimit(RLIMIT_NOFILE, &before_);
  }
  NoDescriptors(const NoDescriptors&) = delete;
  NoDescriptors& operator=(const NoDescriptors&) = delete;

  void release_one() {
    ::close(held_.back());
    held_.pop_back();
  }

 private:
  rlimit before_{};
  std::vector<int> held_;
};

double processor_seconds() {
  timespec used{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

}  // namespace

TEST_CASE("without file descriptors clients are told at once, and served as soon as there are some", "[net]") {
  ToyServer server;
  Client open(server.port());
  CHECK(open.get("/echo").status == 200);
  Reply refusal;
  Reply served;
  net::Stats stats;
  {
    // One left: the client's own end of the connection. No checks in here, see CMakeLists.txt.
    NoDescriptors none(1);
    Client refused(server.port());
    refused.send(request("GET", "/echo"));
    refusal = refused.reply();
    stats = server.stats();
    served = open.get("/echo");
  }
  CHECK(refusal.status == 503);
  CHECK(refusal.header("Retry-After") == "1");
  CHECK(stats.accept_errors >= 1);
  CHECK(stats.refused_full == 1);
  CHECK(served.status == 200);
  REQUIRE(server.reports().size() == 1);
  CHECK(server.reports()[0].find("open files") != std::string::npos);
  CHECK(Client(server.port()).get("/echo").status == 200);
  CHECK(open.get("/echo").status == 200);
}

TEST_CASE("a lack of file descriptors that lasts costs no processor time and one report a second", "[net]") {
  ToyServer server;
  constexpr std::chrono::milliseconds long_enough{600};
  int clients = 0;
  int refused = 0;
  const auto begin = std::chrono::steady_clock::now();
  const double used_before = processor_seconds();
  {
    NoDescriptors none(1);
    // Client after client, each of which waits for its 503: the pace is mostly that of the server's pauses.
    for (; std::chrono::steady_clock::now() - begin < long_enough; ++clients)
      refused += Client(server.port()).reply().status == 503;
  }
  const double used = processor_seconds() - used_before;
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
  CHECK(refused == clients);
  CHECK(used < taken.count() / 2);
  CHECK(server.stats().accept_errors <= 2 + static_cast<std::uint64_t>(taken.count() / 0.1));
  CHECK(server.reports().size() <= 1 + static_cast<std::size_t>(taken.count()));
}

TEST_CASE("a port that is taken is an error that says so", "[net]") {
  ToyServer server;
  server.on_loop([&](net::Server& running) {
    CHECK_THROWS_WITH(running.listen("127.0.0.1", server.port()), Catch::Contains("in use"));
    CHECK_THROWS(running.listen("not an address", 0));
  });
  CHECK(Client(server.port()).get("/echo").status == 200);
}

}  // namespace muster
