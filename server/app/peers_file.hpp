#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace muster::app {

/// What `cluster.peers_file` lists.
struct PeersFile {
  std::vector<std::string> peers;     ///< as written, in their order
  std::vector<std::string> problems;  ///< of lines that are left out: "line 3: …"
};

/// Reads the text of the file: one URL a line; empty lines and those that begin with # say nothing. A bad line costs
/// no other, since somebody's generator may write the file while the node runs.
PeersFile parse_peers_file(std::string_view text);

}  // namespace muster::app
