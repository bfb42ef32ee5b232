#include "server/core/node.hpp"

#include "server/core/node_impl.hpp"

namespace muster::core {

Node::Node(Settings settings, Now now, std::uint64_t seed) : impl_(std::make_unique<Impl>(settings, now, seed)) {}
Node::~Node() = default;

Effects Node::handle(Event event, Now now) {
  return impl_->handle(std::move(event), now);
}
ServiceViewPtr Node::service(std::string_view name) {
  return impl_->catalog.service_view(name);
}
RegistryViewPtr Node::registry() {
  return impl_->catalog.registry_view();
}
DeltaViewPtr Node::delta() {
  return impl_->delta_view();
}
ServicesViewPtr Node::services() {
  return impl_->catalog.services_view();
}
std::vector<ServiceViewPtr> Node::services_of_vip(std::string_view name, bool secure) {
  return impl_->catalog.services_of_vip(name, secure);
}
std::vector<DormantOverride> Node::dormant_overrides() const {
  return impl_->dormant_overrides();
}
const VersionVector& Node::known() const {
  return impl_->replication.known();
}
Snapshot Node::snapshot() {
  return {impl_->cut(), impl_->replication.known(), impl_->replication.floors()};
}
std::uint64_t Node::clock() const {
  return impl_->clock();
}
void Node::restore(const KeyedRecord& item) {
  impl_->restore(item);
}
void Node::restored(const VersionVector& known, const VersionVector& floors) {
  impl_->restored(known, floors);
}
#ifdef MUSTER_RULES_CAN_BREAK
void Node::corrupt(const Key& key) {
  impl_->corrupt(key);
}
#endif
NodeState Node::state() const {
  return impl_->startup.state();
}
std::vector<PeerView> Node::peers(Now now) const {
  return impl_->peers(now);
}
std::uint64_t Node::content_root() const {
  return impl_->catalog.tree().root();
}
Counters Node::counters() const {
  Counters out = impl_->counters;
  out.mended = impl_->scrub.mended();
  out.scrubs = impl_->scrub.runs();
  return out;
}
Gauges Node::gauges() const {
  return impl_->gauges();
}
void Node::reconfigure(const Settings& settings) {
  impl_->reconfigure(settings);
}

SelfPreservationView Node::self_preservation(Now now) const {
  return impl_->self_preservation_view(now);
}

std::optional<std::vector<ServiceChange>> Node::changes(std::string_view service, std::uint64_t revision) const {
  return impl_->changes(service, revision);
}

std::optional<std::uint64_t> Node::revision_of(std::string_view service, const ContentHash& hash) const {
  const Service* known = impl_->catalog.find_service(service);
  return known ? impl_->log.revision_of(*known, hash) : std::nullopt;
}

}  // namespace muster::core
