#include "server/app/counted_face.hpp"

#include <utility>

namespace muster::app {

/// Stands between a face and the session's responder for one request.
class CountedFace::Counter final : public api::Responder {
 public:
  explicit Counter(CountedFace& owner) : owner_(owner) {}
  ~Counter() = default;

  /// Returns the number of this use, for waits_for().
  std::uint64_t begin(api::Responder& session) {
    session_ = &session;
    return ++use_;
  }
  /// Whether the request of that use has no answer yet. A later use may have begun meanwhile.
  bool waits_for(std::uint64_t use) const { return use_ == use && session_ != nullptr; }
  void forget() { session_ = nullptr; }

  void respond(api::Response response) override {
    api::Responder& session = *std::exchange(session_, nullptr);
    owner_.count(response.status);
    owner_.give_back(this);  // before answering: the session may go on with its next request at once
    session.respond(std::move(response));
  }

 private:
  CountedFace& owner_;
  api::Responder* session_ = nullptr;
  std::uint64_t use_ = 0;
};

CountedFace::CountedFace(api::Handler& face) : face_(face) {}

CountedFace::~CountedFace() = default;

void CountedFace::handle(const api::Request& request, api::Responder& responder) {
  Counter* counter = take();
  const std::uint64_t use = counter->begin(responder);
  try {
    face_.handle(request, *counter);
  } catch (...) {
    if (counter->waits_for(use)) {  // the session answers 500 in the face's place
      count(500);
      counter->forget();
      give_back(counter);
    }
    throw;
  }
}

CountedFace::Counter* CountedFace::take() {
  if (free_.empty()) {
    all_.push_back(std::make_unique<Counter>(*this));
    free_.reserve(all_.size());
    return all_.back().get();
  }
  Counter* counter = free_.back();
  free_.pop_back();
  return counter;
}

void CountedFace::give_back(Counter* counter) {
  free_.push_back(counter);
}

void CountedFace::count(unsigned status) {
  const std::size_t digit = status / 100;
  if (digit < counts_.size()) ++counts_[digit];
}

}  // namespace muster::app
