// Goal: an entry of the registry is shown as a complete instance of the dialect, wherever it came from.
// Method: entries made by hand, written, and read strictly.
#include <catch2/catch.hpp>

#include "fixture.hpp"
#include "server/api/eureka/entry_out.hpp"
#include "tests/support/strict_decoder.hpp"

namespace {

using namespace muster;
using api::eureka::EntryWriter;
using api::eureka::Format;

const auto service = std::make_shared<const std::string>("billing");

test::StrictInstance shown(const core::Entry& entry, Format format = Format::json, std::string_view own_id = {}) {
  core::InstanceState state;
  state.entry = std::make_shared<const core::Entry>(entry);
  state.renewed_ms = 1234;
  state.dirty_ms = 5678;
  EntryWriter writer(own_id);
  std::string out;
  writer.write_single(out, state, format);
  return test::decode_instance(out, format);
}

core::Entry an_entry_with(model::Instance instance) {
  return *test::an_entry(service, "i1", std::move(instance));
}

}  // namespace

TEST_CASE("an instance that was registered without Eureka fields is complete") {
  for (const Format format : {Format::json, Format::xml}) {
    model::Instance instance;
    instance.host_name = instance.address = "10.0.0.9";
    instance.port = {8080, true};
    instance.vip_address = "billing";
    const auto read = shown(an_entry_with(instance), format);
    CHECK(read.id == "i1");
    CHECK(read.texts.at("app") == "BILLING");
    CHECK(read.texts.at("ipAddr") == "10.0.0.9");
    CHECK(read.numbers.at("port.$") == 8080);
    CHECK(read.numbers.at("securePort.$") == 7002);
    CHECK(read.numbers.at("leaseInfo.durationInSecs") == 90);
    CHECK(read.numbers.at("leaseInfo.lastRenewalTimestamp") == 1234);
    CHECK(read.numbers.at("lastDirtyTimestamp") == 5678);
    CHECK(read.texts.at("isCoordinatingDiscoveryServer") == "false");
  }
}

TEST_CASE("the overlay lies over the metadata") {
  model::Instance instance;
  instance.metadata = {{"kept", "1"}, {"changed", "2"}, {"removed", "3"}};
  core::Entry entry = an_entry_with(instance);
  core::Overlay overlay;
  overlay["changed"].value = "new";
  overlay["removed"].value = std::nullopt;
  overlay["added"].value = "4";
  entry.record.overlay = std::make_shared<const core::Overlay>(overlay);
  CHECK(shown(entry).metadata == std::map<std::string, std::string>{{"kept", "1"}, {"changed", "new"}, {"added", "4"}});
  for (auto& [key, laid] : overlay) laid.value = std::nullopt;
  overlay["kept"].value = std::nullopt;
  entry.record.overlay = std::make_shared<const core::Overlay>(overlay);
  CHECK(shown(entry).metadata.empty());
}

TEST_CASE("the native zone is shown among the metadata, unless that has one") {
  model::Instance instance;
  instance.zone = "z1";
  CHECK(shown(an_entry_with(instance)).metadata == std::map<std::string, std::string>{{"zone", "z1"}});
  instance.metadata = {{"a", "b"}, {"zone", "z2"}};
  CHECK(shown(an_entry_with(instance)).metadata == std::map<std::string, std::string>{{"a", "b"}, {"zone", "z2"}});
}

TEST_CASE("status and override are shown side by side") {
  core::Entry entry = an_entry_with({});
  CHECK(shown(entry).texts.at("overriddenStatus") == "UNKNOWN");
  core::Override set;
  set.value = core::Status::out_of_service;
  entry.record.override_ = std::make_shared<const core::Override>(set);
  entry.visible = core::Status::out_of_service;
  for (const Format format : {Format::json, Format::xml}) {
    CHECK(shown(entry, format).texts.at("status") == "OUT_OF_SERVICE");
    CHECK(shown(entry, format).texts.at("overriddenStatus") == "OUT_OF_SERVICE");
  }
}

TEST_CASE("only this server itself is coordinating") {
  CHECK(shown(an_entry_with({}), Format::json, "i1").texts.at("isCoordinatingDiscoveryServer") == "true");
  CHECK(shown(an_entry_with({}), Format::json, "i2").texts.at("isCoordinatingDiscoveryServer") == "false");
}

TEST_CASE("an instance whose bytes were damaged leaves the others and the count alone") {
  core::Entry damaged = an_entry_with({});
  damaged.record.registration->payload = std::make_shared<const std::string>("\xff\xff\xff");
  core::Entry empty = an_entry_with({});
  empty.record.registration.reset();
  for (const Format format : {Format::json, Format::xml}) {
    CHECK(shown(damaged, format).id == "i1");
    CHECK(shown(empty, format).id == "i1");
    EntryWriter writer("");
    std::string out = shown(an_entry_with({})).id;
    CHECK(out == "i1");
  }
}
