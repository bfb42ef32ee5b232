#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "proto/model/limits.hpp"
#include "server/api/content.hpp"
#include "server/api/problem.hpp"
#include "server/core/command.hpp"

// Every way in which a request of the native face can fail, in one place: proto/v1/README.md has them as a table.
namespace muster::api::v1 {

/// A field of a body, or a name in the path: 400, or 413 for what is too large.
Problem field_problem(const model::FieldError& error, std::string_view in);

Problem query_problem(std::string_view parameter, std::string detail);

Problem body_problem(BodyError error, std::size_t bytes_max);
Problem media_type_problem(std::string_view content_type);
Problem origin_problem(std::string_view origin);
Problem later_problem();
Problem unknown_service(std::string_view service);
Problem unknown_hold(std::string_view kind, std::string_view name);

/// Reads wait until the state of the other nodes is here.
Problem not_ready_problem();

/// What a command that was not carried out answers; none when it was.
std::optional<Problem> outcome_problem(const core::Outcome& outcome);

}  // namespace muster::api::v1
