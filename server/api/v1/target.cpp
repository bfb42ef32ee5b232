#include "server/api/v1/target.hpp"

#include "server/api/uri.hpp"

namespace muster::api::v1 {
namespace {

Problem bad_escape(std::string_view in) {
  return {.status = 400,
          .type = "invalid-target",
          .title = "The target cannot be read",
          .detail = "A percent sign must be followed by two hexadecimal digits; encode a plain % as %25.",
          .field = std::string(in),
          .in = in,
          .limit = {}};
}

bool split_path(std::string_view path, std::vector<std::string>& segments) {
  path.remove_prefix(path.starts_with('/') ? 1 : 0);
  if (path.ends_with('/')) path.remove_suffix(1);
  for (;;) {
    const auto slash = path.find('/');
    auto segment = percent_decode(path.substr(0, slash));
    if (!segment) return false;
    segments.push_back(std::move(*segment));
    if (slash == std::string_view::npos) return true;
    path.remove_prefix(slash + 1);
  }
}

bool split_query(std::string_view query, Query& out) {
  while (!query.empty()) {
    const auto end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
    if (pair.empty()) continue;
    const auto equals = pair.find('=');
    auto name = percent_decode(pair.substr(0, equals), /*plus_is_space=*/true);
    auto value = percent_decode(equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1),
                                /*plus_is_space=*/true);
    if (!name || !value) return false;
    out.emplace_back(std::move(*name), std::move(*value));
  }
  return true;
}

}  // namespace

std::variant<Target, Problem> split_target(std::string_view target) {
  target = origin_form(target);
  target = target.substr(0, target.find('#'));
  while (target.starts_with("//")) target.remove_prefix(1);
  const auto mark = target.find('?');
  Target out;
  if (!split_path(target.substr(0, mark), out.segments)) return bad_escape("path");
  if (mark != std::string_view::npos && !split_query(target.substr(mark + 1), out.query)) return bad_escape("query");
  return out;
}

}  // namespace muster::api::v1
