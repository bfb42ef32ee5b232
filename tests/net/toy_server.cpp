#include "tests/net/toy_server.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "tests/net/client.hpp"

namespace muster::test {
namespace {

constexpr std::size_t part_size = 64 * 1024;

std::size_t number_after_mark(std::string_view query) {
  return std::stoul(std::string(query));
}

}  // namespace

ToyServer::ToyServer(net::Limits limits) : pattern_(std::make_shared<std::string>(big_body(part_size))) {
  server_ = std::make_unique<net::Server>(loop_, *this, limits, [this](const std::string& sentence) {
    const std::lock_guard lock(mutex_);
    reports_.push_back(sentence);
  });
  server_->listen("127.0.0.1", 0);
  port_ = server_->port();
  thread_ = std::thread([this] { loop_.run(); });
}

ToyServer::~ToyServer() {
  answer_kept({});
  destroy_server();
  work_.reset();
  thread_.join();
}

void ToyServer::on_loop(std::function<void(net::Server&)> action) {
  std::promise<void> done;
  boost::asio::post(loop_, [&] {
    if (server_) action(*server_);
    done.set_value();
  });
  done.get_future().get();
}

net::Stats ToyServer::stats() {
  net::Stats stats;
  on_loop([&](net::Server& server) { stats = server.stats(); });
  return stats;
}

std::vector<std::string> ToyServer::reports() {
  const std::lock_guard lock(mutex_);
  return reports_;
}

void ToyServer::await_kept(std::size_t count) {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, Client::patience, [&] { return kept_count_ >= count; }))
    throw std::runtime_error("the handler was not called for /later as often as expected");
}

void ToyServer::answer_kept(const std::string& text) {
  std::promise<void> done;
  boost::asio::post(loop_, [&] {
    const auto kept = std::exchange(kept_, {});
    {
      const std::lock_guard lock(mutex_);
      kept_count_ = 0;
    }
    for (api::Responder* responder : kept) {
      api::Response response;
      response.text = text;
      responder->respond(std::move(response));
    }
    done.set_value();
  });
  done.get_future().get();
}

std::future<void> ToyServer::drain(std::chrono::milliseconds deadline) {
  auto promise = std::make_shared<std::promise<void>>();
  on_loop([&](net::Server& server) { server.drain(deadline, [promise] { promise->set_value(); }); });
  return promise->get_future();
}

void ToyServer::destroy_server() {
  std::promise<void> done;
  boost::asio::post(loop_, [&] {
    server_.reset();
    done.set_value();
  });
  done.get_future().get();
}

void ToyServer::handle(const api::Request& request, api::Responder& responder) {
  api::Response response;
  const std::string_view path = request.path();
  if (path == "/later") {
    kept_.push_back(&responder);
    const std::lock_guard lock(mutex_);
    ++kept_count_;
    changed_.notify_all();
    return;
  }
  if (path == "/throw") throw std::runtime_error("a fault of the toy");
  if (path == "/echo") {
    response.content_type = "text/plain";
    response.text = request.body;
    response.add_header("X-Method", request.method_name).add_header("X-Target", request.target);
    response.add_header("X-Headers", std::to_string(request.headers.size()));
    response.add_header("X-Caller", request.caller->address);
  } else if (path == "/status") {
    response.status = static_cast<unsigned>(number_after_mark(request.query()));
    response.text = "text";
  } else if (path == "/close") {
    response.close = true;
  } else if (path == "/own") {
    response.text.assign(number_after_mark(request.query()), 'o');
  } else if (path == "/big") {
    const std::shared_ptr<int> life = body_life_;
    for (std::size_t left = number_after_mark(request.query()); left > 0;) {
      const std::size_t size = std::min(left, part_size);
      response.shared.push_back({life, std::string_view(*pattern_).substr(0, size)});
      left -= size;
    }
  }
  responder.respond(std::move(response));
  if (path == "/late-throw") throw std::runtime_error("a fault after the answer");
}

bool eventually(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + Client::patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

std::string big_body(std::size_t size) {
  std::string out(size, '\0');
  for (std::size_t place = 0; place < size; ++place) out[place] = static_cast<char>('a' + (place % part_size) % 23);
  return out;
}

}  // namespace muster::test
