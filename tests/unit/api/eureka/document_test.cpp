// Goal: bodies put together from shared runs are the documents that one would write in one go, and one valid gzip
// member. Method: views made by hand, in segments that cut services anywhere, read strictly and inflated by two tools.
#include <catch2/catch.hpp>

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "fixture.hpp"
#include "server/api/eureka/encode.hpp"
#include "tests/support/strict_decoder.hpp"

namespace {

using namespace muster;
using namespace api::eureka;

std::string bytes_of(const DocumentPtr& document) {
  api::Response response;
  Document::attach(document, response);
  std::string out;
  for (const auto& part : response.shared) out += part.bytes;
  CHECK(out.size() == document->size());
  return out;
}

std::string plain_of(const DocumentPtr& document) {
  return document->form.gzip ? test::gunzip(bytes_of(document)) : bytes_of(document);
}

const Form all_forms[] = {
    {Format::json, Shape::full, false},   {Format::json, Shape::full, true},     {Format::xml, Shape::full, false},
    {Format::xml, Shape::full, true},     {Format::json, Shape::compact, false}, {Format::json, Shape::compact, true},
    {Format::xml, Shape::compact, false}, {Format::xml, Shape::compact, true},
};

core::ServiceViewPtr whole_service(const core::RegistryView& registry, std::size_t index) {
  auto made = std::make_shared<core::ServiceView>();
  core::ServiceView& view = *made;
  view.name = "service-" + std::to_string(1000 + index);
  for (const auto& segment : registry.segments) {
    core::Slice slice{segment, 0, 0};
    while (slice.begin < segment->entries.size() && *segment->entries[slice.begin]->service != view.name) ++slice.begin;
    slice.end = slice.begin;
    while (slice.end < segment->entries.size() && *segment->entries[slice.end]->service == view.name) ++slice.end;
    if (slice.begin < slice.end) view.slices.push_back(slice);
    view.size += slice.end - slice.begin;
  }
  return made;
}

}  // namespace

TEST_CASE("a registry cut into segments anywhere reads like one document, in every form") {
  struct Shape3 {
    std::size_t services, each, segment;
  };
  for (const Shape3 shape : {Shape3{0, 0, 4}, Shape3{1, 1, 4}, Shape3{1, 9, 4}, Shape3{5, 1, 2}, Shape3{3, 4, 4},
                             Shape3{4, 5, 3}, Shape3{2, 600, 256}}) {
    const auto view = test::a_registry(shape.services, shape.each, shape.segment);
    for (const Form form : all_forms) {
      INFO(shape.services << " x " << shape.each << " / " << shape.segment << " form " << form.index());
      const std::string body = plain_of(encode_registry(*view, form, "", ""));
      const auto list = test::decode_list(body, form.format, form.shape);
      CHECK(list.version == "1");
      CHECK(list.hash == list.computed_hash());
      REQUIRE(list.applications.size() == shape.services);
      for (const auto& application : list.applications) CHECK(application.instances.size() == shape.each);
      for (std::size_t i = 0; i < shape.services; ++i) {
        const core::ServiceViewPtr service = whole_service(*view, i);
        const auto application =
            test::decode_application(plain_of(encode_service(*service, form, "", "")), form.format, form.shape);
        CHECK(application.name == list.applications[i].name);
        CHECK(application.instances == list.applications[i].instances);
      }
    }
  }
}

TEST_CASE("an empty registry has the bodies that clients know") {
  const core::RegistryView view;
  const auto body = [&](Format format, Shape shape) {
    return plain_of(encode_registry(view, {format, shape, false}, "", ""));
  };
  CHECK(body(Format::json, Shape::full) ==
        R"({"applications":{"versions__delta":"1","apps__hashcode":"","application":[]}})");
  CHECK(body(Format::json, Shape::compact) ==
        R"({"applications":{"application":[],"versions__delta":"1","apps__hashcode":""}})");
  CHECK(body(Format::xml, Shape::full) ==
        "<applications><versions__delta>1</versions__delta><apps__hashcode></apps__hashcode></applications>");
}

TEST_CASE("a body that is made of runs is one member for gzip and for libdeflate") {
  const auto view = test::a_registry(7, 90, 100);
  const std::string packed = bytes_of(encode_registry(*view, {Format::json, Shape::full, true}, "", ""));
  const std::string plain = bytes_of(encode_registry(*view, {Format::json, Shape::full, false}, "", ""));
  CHECK(test::gunzip(packed) == plain);
  const std::string path = std::filesystem::temp_directory_path() / ("muster_runs_" + std::to_string(getpid()) + ".gz");
  std::ofstream(path, std::ios::binary) << packed;
  CHECK(std::system(("gzip -t " + path).c_str()) == 0);
  CHECK(std::system(("gzip -dc " + path + " | cksum > " + path + ".a").c_str()) == 0);
  std::ofstream(path + ".plain", std::ios::binary) << plain;
  CHECK(std::system(("cksum < " + path + ".plain | cmp - " + path + ".a").c_str()) == 0);
  for (const char* ending : {"", ".a", ".plain"}) std::remove((path + ending).c_str());
}

TEST_CASE("text longer than a stored block is split") {
  DocumentBuilder builder({Format::json, Shape::full, true});
  const std::string text(200'000, 'x');
  builder.text(text);
  CHECK(plain_of(builder.finish("", 0)) == text);
}

TEST_CASE("only changed segments are encoded again, and unchanged ones are shared byte for byte") {
  const Form form{Format::json, Shape::full, false};
  const auto view = test::a_registry(4, 8, 8);
  const auto first = encode_registry(*view, form, "", "");
  CHECK(work_for(*view, form, 1'000'000) < 2'000);  // joining alone
  auto next = std::make_shared<core::RegistryView>(*view);
  auto changed = std::make_shared<core::Segment>();
  changed->entries = view->segments[2]->entries;
  next->segments[2] = changed;
  const std::size_t work = work_for(*next, form, 1'000'000);
  const auto second = encode_registry(*next, form, "", "");
  CHECK(second->work == work);
  CHECK(second->work < first->work / 2);
  api::Response before;
  api::Response after;
  Document::attach(first, before);
  Document::attach(second, after);
  int shared = 0;
  for (std::size_t i = 0; i < before.shared.size(); ++i)
    shared += before.shared[i].bytes.data() == after.shared[i].bytes.data() ? 1 : 0;
  CHECK(shared == 3);
  CHECK(bytes_of(first) == bytes_of(second));
  // Only the first part owns: the others live as long as it does.
  CHECK(before.shared.front().owner);
  CHECK_FALSE(before.shared.back().owner);
}

TEST_CASE("a delta lists each service once, in the order of first change, under the hash of the whole registry") {
  const auto a = std::make_shared<const std::string>("a");
  const auto b = std::make_shared<const std::string>("b");
  core::DeltaView view;
  view.registry = test::a_registry(1, 3, 8);
  auto gone = std::make_shared<core::Entry>(*test::an_entry(b, "gone"));
  gone->action = core::Action::deleted;
  view.entries = {test::an_entry(a, "1"), gone, test::an_entry(a, "2")};
  for (const Form form : all_forms) {
    const auto list = test::decode_list(plain_of(encode_delta(view, form, "", "")), form.format, form.shape);
    CHECK(list.version == "8");
    CHECK(list.hash == "UP_3_");
    REQUIRE(list.applications.size() == 2);
    CHECK(list.applications[0].name == "A");
    CHECK(list.applications[0].instances[1].id == "2");
    CHECK(list.applications[1].instances[0].texts.at("actionType") == "DELETED");
  }
}

TEST_CASE("a list of picked instances has their own hash") {
  const auto a = std::make_shared<const std::string>("a");
  const core::ListView entries{test::an_entry(a, "1"), test::an_entry(a, "2", {}, core::Status::down)};
  const auto list = test::decode_list(plain_of(encode_picked(entries, {}, "")), Format::xml, Shape::full);
  CHECK(list.version == "-1");
  CHECK(list.hash == "DOWN_1_UP_1_");
}
