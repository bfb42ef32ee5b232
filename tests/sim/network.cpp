#include "tests/sim/network.hpp"

namespace muster::sim {

void Network::send(Link link, Direction direction, Message message) {
  // Chance is drawn whether or not the link is cut: a scenario that cuts one link leaves all other messages as they
  // were.
  const bool lost = random_.permille(options_.loss_permille);
  const bool twice = random_.permille(options_.duplicate_permille);
  const Time first = delay(), second = delay();
  if (lost || cut_.contains({link, direction})) return;
  if (twice) schedule_.after(second, message);
  schedule_.after(first, std::move(message));
}

void Network::cut(Link link) {
  cut(link, Direction::to_node);
  cut(link, Direction::to_client);
}

void Network::heal(Link link) {
  cut_.erase({link, Direction::to_node});
  cut_.erase({link, Direction::to_client});
}

Time Network::delay() {
  const bool straggles = random_.permille(options_.straggler_permille);
  const Time high = straggles ? options_.straggler_delay_max : options_.delay_max;
  return Time{random_.between(options_.delay_min.count(), high.count())};
}

}  // namespace muster::sim
