#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iterator>

#include "proto/eureka/write.hpp"
#include "tests/support/strict_decoder.hpp"
#include "tests/unit/proto/instances.hpp"

using namespace muster;
using eureka::Format;
using eureka::Shape;

// Goal: not one byte of what clients read changes unnoticed. Method: every shape of document against a file under
// golden/. MUSTER_REWRITE_GOLDEN=1 writes the files anew; look at their diff before committing it.

namespace {

struct Form {
  Format format;
  Shape shape;
  const char* suffix;
};

constexpr Form forms[] = {{Format::json, Shape::full, "full.json"},
                          {Format::json, Shape::compact, "compact.json"},
                          {Format::xml, Shape::full, "full.xml"},
                          {Format::xml, Shape::compact, "compact.xml"}};

void compare(const std::string& name, const std::string& document) {
  const std::string path = std::string(MUSTER_GOLDEN_DIRECTORY) + "/" + name;
  if (std::getenv("MUSTER_REWRITE_GOLDEN") != nullptr) std::ofstream(path, std::ios::binary) << document << '\n';
  std::ifstream file(path, std::ios::binary);
  INFO(path);
  REQUIRE(file);
  const std::string expected((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  CHECK(document + '\n' == expected);
}

using Application = std::pair<std::string, std::vector<eureka::InstanceOut>>;

void put_instances(std::string& out, const Application& application, const Form& form) {
  bool first = true;
  for (const eureka::InstanceOut& instance : application.second) {
    if (!first && form.format == Format::json) out.push_back(',');
    first = false;
    eureka::write_instance(out, instance, form.format, form.shape);
  }
}

std::string list(const std::vector<Application>& applications, const std::string& hash, const Form& form) {
  std::string out;
  eureka::open_list(out, "1", hash, form.format, form.shape);
  bool first = true;
  for (const Application& application : applications) {
    if (!first && form.format == Format::json) out.push_back(',');
    first = false;
    eureka::open_application(out, application.first, form.format, form.shape);
    put_instances(out, application, form);
    eureka::close_application(out, form.format, form.shape);
  }
  eureka::close_list(out, "1", hash, form.format, form.shape);
  return out;
}

}  // namespace

TEST_CASE("an empty registry is written as ever") {
  for (const Form& form : forms) {
    const std::string document = list({}, "", form);
    compare(std::string("empty_") + form.suffix, document);
    CHECK(test::decode_list(document, form.format, form.shape).applications.empty());
  }
}

TEST_CASE("a registry of several applications is written as ever") {
  test::Sample spring(test::spring_instance());
  test::Sample bare(test::bare_instance(), "ORDERS", "w2.example");
  test::Sample full(test::full_instance(), "BILLING", "w1:billing:8080");
  test::Sample amazon(test::amazon_instance(), "BILLING", "i-0cafe");
  eureka::InstanceOut drained = full.out();
  drained.status = drained.overridden = model::Status::out_of_service;
  drained.action = "MODIFIED";
  drained.coordinating = true;
  eureka::InstanceOut gone = amazon.out();
  gone.action = "DELETED";
  gone.evicted_ms = 1770000030000;
  for (const Form& form : forms) {
    const std::string document =
        list({{"ORDERS", {spring.out(), bare.out()}}, {"BILLING", {drained, gone}}}, "OUT_OF_SERVICE_1_UP_3_", form);
    compare(std::string("registry_") + form.suffix, document);
    const test::StrictList decoded = test::decode_list(document, form.format, form.shape);
    CHECK(decoded.computed_hash() == decoded.hash);
    REQUIRE(decoded.applications.size() == 2);
    CHECK(decoded.applications[0].instances.at(1).id == "w2.example");
    CHECK(decoded.applications[1].instances.at(1).id == "i-0cafe");
  }
}

TEST_CASE("one application is written as ever") {
  test::Sample spring(test::spring_instance());
  for (const Form& form : forms) {
    std::string document;
    eureka::open_application_document(document, "ORDERS", form.format, form.shape);
    put_instances(document, {"ORDERS", {spring.out()}}, form);
    eureka::close_application_document(document, form.format, form.shape);
    compare(std::string("application_") + form.suffix, document);
    CHECK(test::decode_application(document, form.format, form.shape).instances.size() == 1);
  }
}

TEST_CASE("single instances are written as ever") {
  const std::pair<const char*, model::Instance> instances[] = {{"spring", test::spring_instance()},
                                                               {"bare", test::bare_instance()},
                                                               {"full", test::full_instance()},
                                                               {"amazon", test::amazon_instance()},
                                                               {"odd", test::odd_instance()}};
  for (const auto& [name, instance] : instances) {
    test::Sample sample(instance);
    for (const auto& [format, suffix] : {std::pair(Format::json, ".json"), std::pair(Format::xml, ".xml")}) {
      std::string document;
      eureka::write_single(document, sample.out(), format);
      compare(std::string("instance_") + name + suffix, document);
      CHECK_NOTHROW(test::decode_instance(document, format));
    }
  }
}
