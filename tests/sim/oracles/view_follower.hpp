#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/sim/oracle.hpp"
#include "tests/sim/random.hpp"

namespace muster::sim {

/// A reader that keeps views of services and asks by revision: an equal revision means equal content, an equal hash
/// too, other content means a greater revision, also after the service was gone; a view that was handed out does not
/// change any more. And a watcher: the changes since the revision that it has lead to what is there now.
class ViewFollower : public Oracle {
 public:
  explicit ViewFollower(Random random) : random_(random) {}
  void poll(SimNode& node, const Poll& poll) override;

 private:
  struct Kept {
    core::ServiceViewPtr view;            ///< null when the service was gone at the last look
    std::vector<core::EntryPtr> entries;  ///< what the view held when it was handed out
    core::ContentHash hash;
    std::uint64_t revision = 0;
    std::uint64_t marks_revision = 0;
    std::map<std::string, core::LeaseState, std::less<>> marks;
  };

  void look(SimNode& node, const std::string& service, Kept& kept);
  void follow(SimNode& node, const std::string& service, const Kept& kept, const core::ServiceView* fresh);
  void compare(SimNode& node, const std::string& service, const Kept& kept, const core::ServiceView& fresh);

  Random random_;
  std::map<std::string, Kept> kept_;
  std::uint64_t registry_revision_ = 0;
  core::ContentHash registry_hash_;
};

}  // namespace muster::sim
