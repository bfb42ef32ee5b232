#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "server/api/http.hpp"

namespace muster::app {

/// Passes requests to a face and counts its answers by class of their status. Lives on the loop of the sessions.
class CountedFace final : public api::Handler {
 public:
  /// Answers by the first digit of the status: [2] counts 2xx. Index 0 is unused.
  using Counts = std::array<std::uint64_t, 6>;

  explicit CountedFace(api::Handler& face);
  ~CountedFace() override;

  void handle(const api::Request& request, api::Responder& responder) override;

  const Counts& counts() const { return counts_; }

 private:
  class Counter;

  Counter* take();
  void give_back(Counter* counter);
  void count(unsigned status);

  api::Handler& face_;
  Counts counts_{};
  /// One for each request under way at most; used again, so that a request costs no allocation.
  std::vector<std::unique_ptr<Counter>> all_;
  std::vector<Counter*> free_;
};

}  // namespace muster::app
