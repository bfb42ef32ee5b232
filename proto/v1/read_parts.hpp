#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "proto/model/status.hpp"
#include "proto/model/version.hpp"
#include "proto/v1/parse.hpp"

// Of this room only: parts that several bodies share.
namespace muster::v1 {

/// One of the five names, in exact case.
bool read_status_name(Element value, std::string_view field, model::Status& out, Faults& faults);

bool read_incarnation(Element value, std::optional<model::Incarnation>& out, Faults& faults);

/// Text as it is; numbers and booleans as their text.
bool read_metadata_value(Element value, const std::string& field, std::string& out, Faults& faults);

/// "metadata.KEY", of bounded length whatever the key.
std::string metadata_field(std::string_view path, std::string_view key);

}  // namespace muster::v1
