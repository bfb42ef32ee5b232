#pragma once

#include <map>
#include <optional>
#include <vector>

#include "tests/sim/cluster/cluster.hpp"
#include "tests/sim/cluster/tenant.hpp"

namespace muster::sim {

/// What clients were told, from their answers alone, and which of it a fault may have taken. A write may be lost when
/// the last machine that knew of it dies; not when that is its process alone while a link to a peer stands.
class Chronicle final : public Witness {
 public:
  struct Write {
    core::Key key;
    model::Origin origin;        ///< the boot that took it
    std::uint64_t clock = 0;     ///< its version's
    bool removal = false;        ///< a cancel
    core::Incarnation life = 0;  ///< that was registered or cancelled
    bool excused = false;        ///< whoever knew of it is gone
  };
  /// The last word between a client that keeps its lease and a node.
  struct Contact {
    std::size_t machine = 0;
    model::Origin boot;
    Time at{0};
  };

  explicit Chronicle(Cluster& cluster) : cluster_(cluster) {}

  void asked(const core::Command& command) override;
  void answered(std::size_t machine, const core::Command& command, const core::Outcome& outcome) override;
  /// Before the process, or the whole machine, dies.
  void dies(std::size_t machine, bool power);

  const std::vector<Write>& writes() const { return writes_; }
  const std::map<core::Key, Contact>& contacts() const { return contacts_; }
  std::size_t deaths() const { return deaths_; }
  std::size_t excused() const;
  /// Whether this machine lives and knows of the write.
  bool knows(std::size_t machine, const Write& write) const;

 private:
  bool arrives(std::size_t from) const;

  Cluster& cluster_;
  std::vector<Write> writes_;
  std::map<core::Key, Contact> contacts_;
  std::size_t deaths_ = 0;
};

}  // namespace muster::sim
