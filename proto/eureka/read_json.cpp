#include <simdjson.h>

#include <array>
#include <charconv>
#include <optional>

#include "proto/eureka/builder.hpp"
#include "proto/eureka/read.hpp"
#include "proto/eureka/simplify_json.hpp"

namespace muster::eureka {
namespace {

namespace dom = simdjson::dom;

/// A parser that has read a larger body is not kept: it would hold a dozen times that much for ever.
constexpr std::size_t kept_body_bytes = 64 * 1024;
constexpr std::size_t first_capacity = 4096;

/// A parser and the padded copy of the body that it needs.
struct Workspace {
  dom::parser parser;
  std::string buffer;
  int depth_max = 0;

  simdjson::error_code parse(std::string_view body, int depth, dom::element& root) {
    if (depth != depth_max || parser.capacity() < body.size()) {
      // The parser's own limit is the first depth that it refuses.
      const auto error = parser.allocate(std::max(body.size(), first_capacity), static_cast<std::size_t>(depth) + 1);
      if (error) return error;
      depth_max = depth;
    }
    buffer.assign(body);
    buffer.append(simdjson::SIMDJSON_PADDING, ' ');
    return parser.parse(buffer.data(), body.size(), /*realloc_if_needed=*/false).get(root);
  }
};

std::string_view kind_of(dom::element value) {
  switch (value.type()) {
    case dom::element_type::ARRAY:
      return "an array";
    case dom::element_type::OBJECT:
      return "an object";
    case dom::element_type::STRING:
      return "text";
    case dom::element_type::BOOL:
      return "a boolean";
    case dom::element_type::NULL_VALUE:
      return "null";
    case dom::element_type::INT64:
    case dom::element_type::UINT64:
    case dom::element_type::DOUBLE:
      return "a number";
  }
  return "unknown";
}

ReadError wrong_kind(std::string_view field, dom::element value, std::string_view expected) {
  return {std::string(field), std::string("is ").append(kind_of(value)).append("; ").append(expected)};
}

/// Walks one parsed document into a builder.
class JsonReader {
 public:
  ReadResult read(dom::element root) {
    dom::object document;
    if (root.get(document)) return wrong_kind("", root, "send an object with the key \"instance\"");
    dom::element instance;
    if (document["instance"].get(instance)) instance = root;  // some clients leave the outer object out
    dom::object fields;
    if (instance.get(fields)) return wrong_kind("instance", instance, "send an object");
    for (const auto [key, value] : fields) {
      if (value.is_null()) continue;  // the same as absent
      if (auto error = read_field(key, value)) return *std::move(error);
    }
    return builder_.finish();
  }

  /// A number was met whose text is no longer known exactly.
  bool inexact() const { return inexact_; }

 private:
  std::optional<ReadError> read_field(std::string_view key, dom::element value) {
    const Field field = find_field(key);
    switch (field) {
      case Field::unknown:
        return std::nullopt;
      case Field::port:
      case Field::secure_port:
        return read_port(field, key, value);
      case Field::data_center_info:
        return read_data_center(value);
      case Field::lease_info:
        return read_lease(value);
      case Field::metadata:
        return read_metadata(value);
      default:
        break;
    }
    const std::optional<std::string_view> text = scalar(value);
    if (!text) return wrong_kind("instance." + std::string(key), value, "send text");
    builder_.set(field, *text);
    return std::nullopt;
  }

  std::optional<ReadError> read_port(Field field, std::string_view key, dom::element value) {
    dom::object port;
    if (value.get(port)) {
      const std::optional<std::string_view> number = scalar(value);
      if (!number || value.is_bool())
        return wrong_kind("instance." + std::string(key), value, "send a number or an object with the key \"$\"");
      return builder_.set_port(field, number, std::nullopt);
    }
    std::optional<std::string> number;
    std::optional<std::string> enabled;
    for (const auto [name, part] : port) {
      if (part.is_null() || (name != "$" && name != "@enabled")) continue;
      const std::optional<std::string_view> text = scalar(part);
      if (!text) return wrong_kind("instance." + std::string(key) + "." + std::string(name), part, "send a scalar");
      (name == "$" ? number : enabled) = *text;
    }
    return builder_.set_port(field, number, enabled);
  }

  std::optional<ReadError> read_data_center(dom::element value) {
    dom::object data_center;
    if (value.get(data_center)) return wrong_kind("instance.dataCenterInfo", value, "send an object");
    if (data_center.size() == 0)
      return ReadError{"instance.dataCenterInfo", "is empty; send the keys \"@class\" and \"name\""};
    builder_.start_data_center();
    for (const auto [key, part] : data_center) {
      if (part.is_null()) continue;
      if (key == "metadata") {
        if (auto error = read_data_center_metadata(part)) return error;
        continue;
      }
      if (key != "name" && key != "@class") continue;
      const std::optional<std::string_view> text = scalar(part);
      if (!text) return wrong_kind("instance.dataCenterInfo." + std::string(key), part, "send text");
      if (key == "name")
        builder_.set_data_center_name(*text);
      else
        builder_.set_data_center_class(*text);
    }
    return std::nullopt;
  }

  std::optional<ReadError> read_data_center_metadata(dom::element value) {
    dom::object entries;
    if (value.get(entries)) return wrong_kind("instance.dataCenterInfo.metadata", value, "send an object");
    builder_.start_data_center_metadata();
    for (const auto [key, part] : entries)
      if (!part.is_null())
        with_text(part, [this, name = key](std::string_view text) { builder_.add_data_center_metadata(name, text); });
    return std::nullopt;
  }

  std::optional<ReadError> read_lease(dom::element value) {
    dom::object lease;
    if (value.get(lease)) return wrong_kind("instance.leaseInfo", value, "send an object");
    builder_.start_lease();
    for (const auto [key, part] : lease)
      if (const std::optional<std::string_view> text = scalar(part)) builder_.set_lease(key, *text);
    return std::nullopt;
  }

  std::optional<ReadError> read_metadata(dom::element value) {
    dom::object entries;
    if (value.get(entries)) return wrong_kind("instance.metadata", value, "send an object of texts");
    builder_.start_metadata();
    for (const auto [key, part] : entries)
      if (!part.is_null())
        with_text(part, [this, name = key](std::string_view text) { builder_.add_metadata(name, text); });
    return std::nullopt;
  }

  /// Calls `use` with the text of a scalar, or with an object or array as compact JSON.
  template <typename Use>
  void with_text(dom::element value, Use use) {
    if (const std::optional<std::string_view> text = scalar(value))
      use(*text);
    else
      use(simdjson::minify(value));
  }

  /// The text of a scalar as the client wrote it; none: null, an object or an array. Valid until the next call.
  std::optional<std::string_view> scalar(dom::element value) {
    switch (value.type()) {
      case dom::element_type::STRING:
        return value.get_string().value_unsafe();
      case dom::element_type::BOOL:
        return value.get_bool().value_unsafe() ? "true" : "false";
      case dom::element_type::INT64:
        return digits(value.get_int64().value_unsafe());
      case dom::element_type::UINT64:
        return digits(value.get_uint64().value_unsafe());
      case dom::element_type::DOUBLE:
        inexact_ = true;
        return "0";
      case dom::element_type::ARRAY:
      case dom::element_type::OBJECT:
      case dom::element_type::NULL_VALUE:
        return std::nullopt;
    }
    return std::nullopt;
  }

  template <typename Number>
  std::string_view digits(Number number) {
    const auto result = std::to_chars(digits_.data(), digits_.data() + digits_.size(), number);
    return {digits_.data(), static_cast<std::size_t>(result.ptr - digits_.data())};
  }

  RegistrationBuilder builder_;
  std::array<char, 24> digits_{};
  bool inexact_ = false;
};

ReadError describe(simdjson::error_code error, int depth_max) {
  if (error == simdjson::DEPTH_ERROR) return {"", "is nested deeper than " + std::to_string(depth_max) + " levels"};
  if (error == simdjson::UTF8_ERROR) return {"", "is not valid UTF-8"};
  if (error == simdjson::EMPTY) return {"", "is empty; send one instance as JSON"};
  return {"", std::string("is not valid JSON: ").append(simdjson::error_message(error))};
}

/// Whether simplify_json() may help.
bool may_be_simplified(simdjson::error_code error) {
  return error != simdjson::UTF8_ERROR && error != simdjson::DEPTH_ERROR && error != simdjson::EMPTY &&
         error != simdjson::MEMALLOC && error != simdjson::CAPACITY;
}

ReadResult read_with(Workspace& workspace, std::string_view body, int depth_max) {
  dom::element root;
  simdjson::error_code error = workspace.parse(body, depth_max, root);
  if (error == simdjson::SUCCESS) {
    JsonReader reader;
    ReadResult result = reader.read(root);
    if (!reader.inexact()) return result;
  } else if (!may_be_simplified(error)) {
    return describe(error, depth_max);
  }
  error = workspace.parse(simplify_json(body), depth_max, root);
  if (error) return describe(error, depth_max);
  return JsonReader().read(root);
}

}  // namespace

ReadResult read_json(std::string_view body, int depth_max) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (body.starts_with(byte_order_mark)) body.remove_prefix(byte_order_mark.size());
  if (body.size() > kept_body_bytes) {
    Workspace large;
    return read_with(large, body, depth_max);
  }
  thread_local Workspace workspace;
  return read_with(workspace, body, depth_max);
}

}  // namespace muster::eureka
