#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "proto/model/payload.hpp"

// Writes instances as Eureka servers do, in a shape that the strictest known reader accepts. Everything appends to a
// string; nothing allocates but that string. Whatever an instance holds, the output stays well-formed: it is written in
// valid UTF-8, and what XML cannot carry (control characters, keys that make no element name) is replaced or left out.
namespace muster::eureka {

enum class Format : std::uint8_t { json, xml };
enum class Shape : std::uint8_t { full, compact };

/// An instance as the Eureka face shows it. All views outlive the call.
struct InstanceOut {
  std::string_view app;  ///< upper case
  std::string_view id;
  const model::PayloadView* payload = nullptr;
  /// The user's metadata with the overlay laid over it.
  std::span<const std::pair<std::string_view, std::string_view>> metadata;
  model::Status status = model::Status::up;
  model::Status overridden = model::Status::unknown;
  model::LeaseTerms lease;
  std::int64_t registered_ms = 0;
  std::int64_t renewed_ms = 0;
  std::int64_t evicted_ms = 0;
  std::int64_t up_since_ms = 0;
  std::int64_t updated_ms = 0;
  std::int64_t dirty_ms = 0;
  std::string_view action;    ///< ADDED, MODIFIED, DELETED or empty
  bool coordinating = false;  ///< this very server's own instance
};

/// One instance as an element of a list: `{...}` in JSON, `<instance>...</instance>` in XML.
void write_instance(std::string& out, const InstanceOut& instance, Format format, Shape shape);

/// The document of a single instance: `{"instance":{...}}`, `<instance>...</instance>`. Always the full shape.
void write_single(std::string& out, const InstanceOut& instance, Format format);

// A list document is: open_list, then for each application open_application, its instances (in JSON with `,` between
// them), close_application (in JSON with `,` between applications), then close_list.
void open_list(std::string& out, std::string_view version, std::string_view hash, Format format, Shape shape);
void close_list(std::string& out, std::string_view version, std::string_view hash, Format format, Shape shape);
void open_application(std::string& out, std::string_view app, Format format, Shape shape);
void close_application(std::string& out, Format format, Shape shape);

/// The document of one application is open_application_document, its instances, close_application_document.
void open_application_document(std::string& out, std::string_view app, Format format, Shape shape);
void close_application_document(std::string& out, Format format, Shape shape);

/// "DOWN_1_UP_10_" from counts indexed by model::Status; empty for none.
std::string hash_code(const std::array<std::size_t, model::status_count>& counts);

/// Appends `text` as the inside of a JSON string; invalid UTF-8 becomes U+FFFD.
void append_json_escaped(std::string& out, std::string_view text);

/// Appends `text` as XML character data; characters that XML 1.0 cannot carry become U+FFFD.
void append_xml_escaped(std::string& out, std::string_view text);

}  // namespace muster::eureka
