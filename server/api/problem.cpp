#include "server/api/problem.hpp"

#include "proto/v1/json_writer.hpp"

namespace muster::api {
namespace {

constexpr std::size_t shown_bytes_max = 200;  // of what the client sent, in an answer

}  // namespace

Response problem_response(const Problem& problem) {
  Response response;
  response.status = problem.status;
  response.content_type = "application/problem+json";
  if (problem.status == 503) response.add_header("Retry-After", "1");
  muster::v1::JsonWriter out(response.text);
  out.open_object();
  out.text("type", std::string("urn:muster:problem:").append(problem.type));
  out.text("title", problem.title).count("status", problem.status).text("detail", problem.detail);
  if (!problem.field.empty()) out.text("field", problem.field);
  if (!problem.in.empty()) out.text("in", problem.in);
  if (!problem.limit.empty()) out.text("limit", problem.limit);
  out.close_object();
  return response;
}

Response no_such_path(std::string_view path) {
  std::string detail = "Nothing is at ";
  detail.append(path.substr(0, shown_bytes_max))
      .append("; GET / says where things are, GET /openapi.json describes them.");
  return problem_response({.status = 404,
                           .type = "no-such-path",
                           .title = "No such path",
                           .detail = std::move(detail),
                           .field = {},
                           .in = {},
                           .limit = {}});
}

Response method_not_allowed(std::string_view method_name, std::string_view allowed) {
  std::string detail(method_name.substr(0, shown_bytes_max));
  detail.append(" is not possible here; allowed are ").append(allowed).append(".");
  Response response = problem_response({.status = 405,
                                        .type = "method-not-allowed",
                                        .title = "Method not allowed",
                                        .detail = std::move(detail),
                                        .field = {},
                                        .in = {},
                                        .limit = {}});
  response.add_header("Allow", allowed);
  return response;
}

}  // namespace muster::api
