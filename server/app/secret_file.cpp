#include "server/app/secret_file.hpp"

#include "config/keys.hpp"

namespace muster::app {

SecretFile parse_secret_file(std::string_view text) {
  constexpr std::string_view blanks = " \t\r";
  const std::string_view line = text.substr(0, text.find('\n'));
  const auto begin = line.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return {{}, "its first line is empty"};
  const std::string secret(line.substr(begin, line.find_last_not_of(blanks) - begin + 1));
  if (const auto wrong = config::refusal(*config::find_key("cluster.secret"), secret))
    return {{}, "its first line " + *wrong};
  return {secret, {}};
}

}  // namespace muster::app
