#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "proto/eureka/read.hpp"
#include "proto/eureka/write.hpp"
#include "proto/model/ascii.hpp"
#include "proto/model/limits.hpp"
#include "tests/support/strict_decoder.hpp"

// Whatever a reader accepts, the writers must turn into documents that every strict reader takes, and that say the
// same again.
namespace muster::fuzz {

[[noreturn]] inline void fail(std::string_view what, std::string_view document) {
  std::fprintf(stderr, "%.*s\n%.*s\n", static_cast<int>(what.size()), what.data(), static_cast<int>(document.size()),
               document.data());
  std::abort();
}

inline eureka::InstanceOut as_written(const eureka::Registration& registration, const model::PayloadView& view) {
  eureka::InstanceOut out;
  out.app = registration.app;
  out.id = registration.instance_id;
  out.payload = &view;
  out.metadata = view.metadata;
  out.status = registration.status;
  out.overridden = registration.overridden;
  out.lease.interval_s = registration.lease.interval_s.value_or(30);
  out.lease.duration_s = registration.lease.duration_s.value_or(90);
  out.dirty_ms = registration.dirty_ms.value_or(0);
  out.action = "ADDED";
  return out;
}

/// All four list forms through the strict decoder.
inline void check_lists(const eureka::InstanceOut& instance) {
  for (const auto format : {eureka::Format::json, eureka::Format::xml}) {
    for (const auto shape : {eureka::Shape::full, eureka::Shape::compact}) {
      std::string document;
      eureka::open_list(document, "1", "", format, shape);
      eureka::open_application(document, instance.app, format, shape);
      eureka::write_instance(document, instance, format, shape);
      eureka::close_application(document, format, shape);
      eureka::close_list(document, "1", "", format, shape);
      try {
        test::decode_list(document, format, shape);
      } catch (const test::StrictError& error) {
        fail(error.what(), document);
      }
    }
  }
}

/// What reading the written form gives back: a few things are shown in the form that strict readers know.
inline model::Instance as_shown(model::Instance instance, eureka::Format format) {
  instance.coordinating = false;
  const auto known = [&](std::string_view name) { return model::equal_ignoring_case(instance.data_center, name); };
  instance.data_center = known("Amazon") ? "Amazon" : known("Netflix") ? "Netflix" : "MyOwn";
  if (format == eureka::Format::xml) {
    const auto unnamed = [](const auto& entry) { return entry.first.empty(); };
    std::erase_if(instance.metadata, unnamed);
    std::erase_if(instance.data_center_metadata, unnamed);
  }
  return instance;
}

inline void check_same(const eureka::Registration& registration, const eureka::InstanceOut& instance,
                       eureka::Format format) {
  std::string document;
  eureka::write_single(document, instance, format);
  // What XML cannot carry was replaced; the rest is covered by the other inputs.
  if (format == eureka::Format::xml && document.find("\xEF\xBF\xBD") != std::string::npos) return;
  const eureka::ReadResult result =
      format == eureka::Format::json ? eureka::read_json(document) : eureka::read_xml(document);
  const auto* again = std::get_if<eureka::Registration>(&result);
  if (again == nullptr) fail(std::get<eureka::ReadError>(result).message, document);
  if (again->app != registration.app || again->instance_id != registration.instance_id ||
      again->status != registration.status || again->overridden != registration.overridden ||
      again->dirty_ms.value_or(0) != registration.dirty_ms.value_or(0))
    fail("the registration changed", document);
  if (again->instance != as_shown(registration.instance, format)) fail("the instance changed", document);
}

inline void check(const eureka::ReadResult& result) {
  const auto* registration = std::get_if<eureka::Registration>(&result);
  if (registration == nullptr) return;
  const model::Payload payload = model::pack(registration->instance);
  model::PayloadView view;
  if (!model::unpack(*payload, view)) fail("packed bytes cannot be unpacked", "");
  if (model::to_instance(*payload) != registration->instance) fail("packing changed the instance", "");
  const eureka::InstanceOut instance = as_written(*registration, view);
  check_lists(instance);
  // The faces refuse a registration that lacks one of these, or breaks a limit.
  const model::InstanceLimits limits;
  if (registration->app.empty() || registration->instance.host_name.empty() || registration->instance.address.empty() ||
      !registration->has_data_center_name || model::check_instance(registration->instance, limits) ||
      model::check_instance_id(registration->instance_id, limits))
    return;
  check_same(*registration, instance, eureka::Format::json);
  check_same(*registration, instance, eureka::Format::xml);
}

}  // namespace muster::fuzz
