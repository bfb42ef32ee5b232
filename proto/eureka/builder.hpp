#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "proto/eureka/fields.hpp"
#include "proto/eureka/read.hpp"

namespace muster::eureka {

/// Collects a registration field by field, for the JSON and the XML reader alike: all rules that do not depend on the
/// format are here. A field that comes twice counts as it came last.
class RegistrationBuilder {
 public:
  /// A field that is one scalar. Ignores the others.
  void set(Field field, std::string_view text);

  /// `field` is port or secure_port; what is absent takes the default.
  std::optional<ReadError> set_port(Field field, std::optional<std::string_view> number,
                                    std::optional<std::string_view> enabled);

  void start_data_center();
  void set_data_center_name(std::string_view name);
  void set_data_center_class(std::string_view name);
  void start_data_center_metadata();
  void add_data_center_metadata(std::string_view key, std::string_view value);

  void start_lease();
  /// Ignores keys that it does not know, and values that are no positive number.
  void set_lease(std::string_view key, std::string_view text);

  void start_metadata();
  void add_metadata(std::string_view key, std::string_view value);

  /// Completes the ids. The builder is spent afterwards.
  ReadResult finish();

 private:
  std::string* text_of(Field field);
  bool amazon() const;
  void complete_id();

  Registration registration_;
  bool has_app_ = false;
  bool amazon_class_ = false;
  std::string instance_id_;
};

}  // namespace muster::eureka
