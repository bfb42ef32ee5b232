#pragma once

#include <tuple>
#include <vector>

#include "proto/peer/message.hpp"

// One message of every kind with all of its fields set, and equality of messages field by field: bytes that are equal
// again would not show a field that is never written.
namespace muster::test {

inline const model::Origin node_a{0x0102030405060708, 1795000000123};
inline const model::Origin node_b{0xf1f2f3f4f5f6f7f8, 1795000000456};
inline constexpr std::uint64_t clock_0 = std::uint64_t{1795000001000} << 16;

inline peer::KeyedRecord bare_record() {
  return {{"orders", "w1"}, {}};
}

inline peer::KeyedRecord registered_record() {
  peer::KeyedRecord out{{"orders", "w2"}, {}};
  model::Instance instance;
  instance.host_name = "w2";
  model::Registration& registration = out.record.registration.emplace();
  registration.version = {clock_0 + 1, node_a};
  registration.incarnation = 1795000000999;
  registration.rank = 1795000001000;
  registration.payload = model::pack(instance);
  registration.reported = model::Status::starting;
  registration.lease = {5, 4'294'967'295};
  registration.dirty_ms = -7;
  out.record.holder = {{clock_0 + 1, node_a}, node_a};
  return out;
}

/// Every register, and every field of it.
inline peer::KeyedRecord full_record() {
  peer::KeyedRecord out = registered_record();
  out.key = {"orders", "w3-\xc3\xa9"};
  out.record.overlay = std::make_shared<const model::Overlay>(
      model::Overlay{{"", {{clock_0 + 2, node_b}, "v"}}, {"gone", {{clock_0 + 3, node_a}, std::nullopt}}});
  model::Override drain;
  drain.version = {clock_0 + 4, node_b};
  drain.value = model::Status::out_of_service;
  drain.reason = "maintenance";
  drain.by = "ops";
  drain.until_ms = 1795000002000;
  drain.ends_with_cancel = true;
  drain.ends = {clock_0 + 2, node_a};
  out.record.override_ = std::make_shared<const model::Override>(drain);
  out.record.holder = {{clock_0 + 5, node_b}, node_a};
  model::Tombstone tombstone;
  tombstone.cancelled = {clock_0 + 6, node_a};
  tombstone.fenced = model::incarnation_max;
  tombstone.evicted = {clock_0 + 7, node_b};
  tombstone.why = model::Cause::hold_released;
  tombstone.judged_holder = {clock_0 + 5, node_b};
  out.record.tombstone = std::make_shared<const model::Tombstone>(tombstone);
  out.record.over = std::make_shared<const model::Over>(
      model::Over{{model::incarnation_max, {clock_0 + 6, node_a}, {clock_0 + 8, node_a}},
                  {{clock_0 + 5, node_b}, {clock_0 + 7, node_b}, {clock_0 + 9, node_a}}});
  return out;
}

/// Records that have one register each.
inline std::vector<peer::KeyedRecord> single_registers() {
  std::vector<peer::KeyedRecord> out(6, bare_record());
  const peer::KeyedRecord full = full_record();
  out[0].record.registration = full.record.registration;
  out[1].record.overlay = full.record.overlay;
  out[2].record.override_ =
      std::make_shared<const model::Override>(model::Override{{clock_0, node_b}, {}, {}, {}, 0, false, {}});
  out[3].record.holder = full.record.holder;
  out[4].record.tombstone = std::make_shared<const model::Tombstone>();
  out[5].record.over = full.record.over;
  return out;
}

inline model::VersionVector a_vector() {
  model::VersionVector out;
  out.raise(node_a, clock_0);
  out.raise(node_b, 1);
  return out;
}

/// As a node of five sends it when nothing happens: years after their boots, with a million leases.
inline peer::Beacon steady_beacon() {
  peer::Beacon out;
  out.tick = (1u << 28) - 1;
  out.ready = true;
  out.known_digest = 0x1112131415161718;
  out.content = 0x2122232425262728;
  out.held = {1'000'000, 0x3132333435363738};
  for (std::uint64_t node = 1; node <= 3; ++node)
    out.heard.emplace_back(model::Origin{node_b.node + node, node_b.boot + node}, (1u << 28) - node);
  return out;
}

inline std::vector<peer::Message> a_message_of_every_kind() {
  const std::vector<peer::KeyedRecord> records{bare_record(), registered_record(), full_record()};
  peer::Beacon beacon = steady_beacon();
  beacon.whole = beacon.repeat = true;
  beacon.known = a_vector();
  using namespace std::chrono_literals;
  return {
      peer::Changes{node_b, clock_0, clock_0 + 8, true, records},
      peer::Taken{node_b, clock_0},
      peer::Pull{7, a_vector()},
      peer::StateChunk{7, 300, peer::StateChunk::Head{a_vector(), a_vector(), true}, records, true},
      peer::ChunkTaken{7, 70'000},
      beacon,
      peer::Renewals{{{{"orders", "w1"}, 0ms}, {{"orders", "w2"}, 1500ms}}},
      peer::Marks{true, {{{"orders", "w1"}, model::LeaseState::late}, {{"orders", "w2"}, model::LeaseState::held}}},
      peer::DigestAsk{5, 4, {0, 65'535}},
      peer::Digests{5, 1, {15}, std::vector<std::uint64_t>(16, 0x4142434445464748)},
      peer::LeafDigests{5, {65'535}, {{1, 2}, {3, 0xffffffffffffffff}}},
      peer::Mend{5, records, {1, 0xffffffffffffffff}},
  };
}

template <typename Value, typename Equal>
bool same(const std::shared_ptr<const Value>& a, const std::shared_ptr<const Value>& b, Equal equal) {
  return (a == nullptr) == (b == nullptr) && (a == nullptr || equal(*a, *b));
}

inline bool same(const model::Record& a, const model::Record& b) {
  const auto registration = [](const model::Registration& r) {
    return std::tie(r.version, r.incarnation, r.rank, *r.payload, r.reported, r.lease, r.dirty_ms);
  };
  const auto override_value = [](const model::Override& o) {
    return std::tie(o.version, o.value, o.reason, o.by, o.until_ms, o.ends_with_cancel, o.ends);
  };
  const auto tombstone = [](const model::Tombstone& t) {
    return std::tie(t.cancelled, t.fenced, t.evicted, t.why, t.judged_holder);
  };
  const auto entry = [](const auto& x, const auto& y) {
    return std::tie(x.first, x.second.version, x.second.value) == std::tie(y.first, y.second.version, y.second.value);
  };
  if (a.registration.has_value() != b.registration.has_value()) return false;
  if (a.registration && registration(*a.registration) != registration(*b.registration)) return false;
  return same(
             a.overlay, b.overlay,
             [&](const auto& x, const auto& y) { return std::equal(x.begin(), x.end(), y.begin(), y.end(), entry); }) &&
         same(a.override_, b.override_,
              [&](const auto& x, const auto& y) { return override_value(x) == override_value(y); }) &&
         std::tie(a.holder.version, a.holder.node) == std::tie(b.holder.version, b.holder.node) &&
         same(a.tombstone, b.tombstone, [&](const auto& x, const auto& y) { return tombstone(x) == tombstone(y); }) &&
         same(a.over, b.over, [](const auto& x, const auto& y) { return x == y; });
}

inline bool same(const std::vector<peer::KeyedRecord>& a, const std::vector<peer::KeyedRecord>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const auto& x, const auto& y) { return x.key == y.key && same(x.record, y.record); });
}

inline bool same(const peer::Changes& a, const peer::Changes& b) {
  return std::tie(a.origin, a.from, a.to, a.confirm) == std::tie(b.origin, b.from, b.to, b.confirm) &&
         same(a.records, b.records);
}
inline bool same(const peer::Taken& a, const peer::Taken& b) {
  return std::tie(a.origin, a.to) == std::tie(b.origin, b.to);
}
inline bool same(const peer::Pull& a, const peer::Pull& b) {
  return std::tie(a.id, a.known) == std::tie(b.id, b.known);
}
inline bool same(const peer::StateChunk& a, const peer::StateChunk& b) {
  if (a.head.has_value() != b.head.has_value()) return false;
  const auto head = [](const peer::StateChunk::Head& h) { return std::tie(h.cover, h.floors, h.whole); };
  if (a.head && head(*a.head) != head(*b.head)) return false;
  return std::tie(a.pull, a.index, a.last) == std::tie(b.pull, b.index, b.last) && same(a.records, b.records);
}
inline bool same(const peer::ChunkTaken& a, const peer::ChunkTaken& b) {
  return std::tie(a.pull, a.index) == std::tie(b.pull, b.index);
}
inline bool same(const peer::Beacon& a, const peer::Beacon& b) {
  const auto all = [](const peer::Beacon& m) {
    return std::tie(m.tick, m.ready, m.whole, m.repeat, m.known_digest, m.known, m.content, m.held, m.heard);
  };
  return all(a) == all(b);
}
inline bool same(const peer::Renewals& a, const peer::Renewals& b) {
  return a.renewed == b.renewed;
}
inline bool same(const peer::Marks& a, const peer::Marks& b) {
  return a.whole == b.whole && a.marks == b.marks;
}
inline bool same(const peer::DigestAsk& a, const peer::DigestAsk& b) {
  return std::tie(a.scrub, a.level, a.places) == std::tie(b.scrub, b.level, b.places);
}
inline bool same(const peer::Digests& a, const peer::Digests& b) {
  return std::tie(a.scrub, a.level, a.places, a.sums) == std::tie(b.scrub, b.level, b.places, b.sums);
}
inline bool same(const peer::LeafDigests& a, const peer::LeafDigests& b) {
  return std::tie(a.scrub, a.places, a.records) == std::tie(b.scrub, b.places, b.records);
}
inline bool same(const peer::Mend& a, const peer::Mend& b) {
  return std::tie(a.scrub, a.wanted) == std::tie(b.scrub, b.wanted) && same(a.records, b.records);
}
inline bool same(const peer::Message& a, const peer::Message& b) {
  return std::visit(
      [&b](const auto& held) {
        const auto* other = std::get_if<std::decay_t<decltype(held)>>(&b);
        return other != nullptr && same(held, *other);
      },
      a);
}

}  // namespace muster::test
