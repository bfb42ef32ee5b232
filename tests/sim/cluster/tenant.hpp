#pragma once

#include <cstddef>

#include "tests/sim/cluster/cluster.hpp"

namespace muster::sim {

/// Told of every answer that a client got.
class Witness {
 public:
  virtual void asked(const core::Command& command) = 0;
  virtual void answered(std::size_t machine, const core::Command& command, const core::Outcome& outcome) = 0;

 protected:
  ~Witness() = default;
};

/// The program behind one instance, with all nodes in its list: it registers, renews where it was answered last, goes
/// on to the next node when it gets no answer, and registers again where it is not known. After a cancel it comes back,
/// if at all, as a new incarnation.
class Tenant {
 public:
  static constexpr std::uint32_t interval_s = 5;
  static constexpr std::uint32_t duration_s = 15;

  Tenant(Cluster& cluster, core::Key key, std::size_t home);

  void tell(Witness& witness) { witness_ = &witness; }
  /// Renews by itself from now on.
  void start();
  /// Acts once: registers, renews or cancels, whatever is due.
  void act();

  void join();
  void leave();  ///< cancels
  /// From now on it only renews: what its heartbeat finds gone stays gone.
  void stop_registering() { may_register_ = false; }
  void die() { running_ = false; }  ///< says nothing any more
  void move(std::size_t home) { home_ = home; }
  std::size_t home() const { return home_; }
  void set_payload(std::string text);  ///< registers with it

  const core::Key& key() const { return key_; }
  /// It runs, and means to be found.
  bool wants() const { return running_ && wants_; }
  core::Incarnation incarnation() const { return incarnation_; }

 private:
  std::optional<core::Outcome> ask(const core::Command& command);
  bool enroll();
  void renew_later();

  Cluster& cluster_;
  Witness* witness_ = nullptr;
  core::Key key_;
  std::size_t home_;
  core::Incarnation incarnation_ = 1;
  std::string payload_ = "one";
  bool running_ = true;
  bool wants_ = true;
  bool may_register_ = true;
  bool registered_ = false;
  bool cancel_due_ = false;
};

}  // namespace muster::sim
