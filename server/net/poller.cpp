#include "server/net/poller.hpp"

#include <algorithm>
#include <cerrno>

#include <boost/system/system_error.hpp>

namespace muster::net {
namespace {

int make_set() {
  const int set = ::epoll_create1(EPOLL_CLOEXEC);
  if (set < 0) throw boost::system::system_error(errno, boost::system::system_category(), "epoll_create1");
  return set;
}

}  // namespace

Poller::Poller(boost::asio::io_context& loop) : set_(loop, make_set()) {}

void Poller::stop() {
  boost::system::error_code ignored;
  set_.close(ignored);
}

bool Poller::add(int descriptor, Watched& watched) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.ptr = &watched;
  return ::epoll_ctl(set_.native_handle(), EPOLL_CTL_ADD, descriptor, &event) == 0;
}

void Poller::remove(int descriptor, Watched& watched) {
  ::epoll_ctl(set_.native_handle(), EPOLL_CTL_DEL, descriptor, nullptr);
  for (int i = next_; i < end_; ++i)
    if (events_[i].data.ptr == &watched) events_[i].data.ptr = nullptr;
}

void Poller::await() {
  set_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                  [weak = weak_from_this()](const boost::system::error_code& error) {
                    const auto self = weak.lock();
                    if (error || !self) return;
                    self->deliver();
                    if (self->set_.is_open()) self->await();  // Comes back at once if there is more.
                  });
}

void Poller::deliver() {
  next_ = 0;
  end_ = std::max(0, ::epoll_wait(set_.native_handle(), events_.data(), events_per_turn, 0));
  while (next_ < end_) {
    const epoll_event& event = events_[next_++];
    if (!event.data.ptr) continue;
    const bool broken = (event.events & (EPOLLERR | EPOLLHUP)) != 0;
    static_cast<Watched*>(event.data.ptr)
        ->on_ready({.input = broken || (event.events & (EPOLLIN | EPOLLRDHUP)) != 0,
                    .output = broken || (event.events & EPOLLOUT) != 0,
                    .ended = broken || (event.events & EPOLLRDHUP) != 0});
  }
}

}  // namespace muster::net
