#include "server/app/peers_file.hpp"

#include "config/keys.hpp"

namespace muster::app {
namespace {

constexpr std::string_view blanks = " \t\r";

std::string_view trimmed(std::string_view line) {
  const auto begin = line.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return {};
  return line.substr(begin, line.find_last_not_of(blanks) - begin + 1);
}

}  // namespace

PeersFile parse_peers_file(std::string_view text) {
  constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  const config::Key& key = *config::find_key("cluster.peers");
  PeersFile out;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto end = text.find('\n');
    const std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.empty() || line.front() == '#') continue;
    const std::string where = "line " + std::to_string(number) + ": ";
    if (out.peers.size() == static_cast<std::size_t>(key.max)) {
      out.problems.push_back(where + "more than " + std::to_string(key.max) + " peers; the rest is left out");
      return out;
    }
    if (const auto wrong = config::refusal(key, config::Texts{std::string(line)})) {
      out.problems.push_back(where + *wrong);
    } else {
      out.peers.emplace_back(line);
    }
  }
  return out;
}

}  // namespace muster::app
