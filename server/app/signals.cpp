#include "server/app/signals.hpp"

#include <csignal>
#include <utility>

namespace muster::app {

Signals::Signals(boost::asio::io_context& loop, std::function<void(int)> stop, std::function<void()> reload)
    : set_(loop, SIGTERM, SIGINT, SIGHUP), stop_(std::move(stop)), reload_(std::move(reload)) {
  std::signal(SIGPIPE, SIG_IGN);
  wait();
}

void Signals::cancel() {
  set_.cancel();
}

void Signals::wait() {
  set_.async_wait([this](const boost::system::error_code& error, int signal) {
    if (error) return;
    wait();
    if (signal == SIGHUP)
      reload_();
    else
      stop_(signal);
  });
}

}  // namespace muster::app
