#include "config/reload.hpp"

namespace muster::config {

Reloaded reload(const Loaded& running, const Loaded& read) {
  Reloaded out;
  out.effective = read;
  for (const Key& key : keys()) {
    const Change change{&key, key.read(running.settings), key.read(read.settings)};
    if (change.before == change.after) continue;
    if (key.reload == Reload::yes) {
      out.applied.push_back(change);
      continue;
    }
    key.write(out.effective.settings, change.before);
    out.effective.sources.find(key.name)->second = running.sources.find(key.name)->second;
    out.needs_restart.push_back(change);
  }
  return out;
}

}  // namespace muster::config
