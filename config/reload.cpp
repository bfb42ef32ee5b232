#include "config/reload.hpp"

namespace muster::config {

Reloaded reload(const Loaded& running, const Loaded& read) {
  Reloaded out;
  out.effective = read;
  for (const Key& key : keys()) {
    const Value before = key.read(running.settings);
    const Value after = key.read(read.settings);
    if (before == after) continue;
    const Change change{&key, shown(key, before), shown(key, after)};
    if (key.reload == Reload::yes) {
      out.applied.push_back(change);
      continue;
    }
    key.write(out.effective.settings, before);
    out.effective.sources.find(key.name)->second = running.sources.find(key.name)->second;
    out.needs_restart.push_back(change);
  }
  return out;
}

}  // namespace muster::config
