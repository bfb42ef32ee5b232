#include "config/load.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "config/toml_file.hpp"
#include "config/unknown.hpp"

namespace muster::config {
namespace {

constexpr std::size_t problems_max = 20;
constexpr std::string_view prefix = "MUSTER_";

/// One pass over the inputs, from the weakest to the strongest.
class Loader {
 public:
  explicit Loader(const Inputs& inputs) : inputs_(inputs) {
    for (const Key& key : keys()) loaded_.sources.emplace(key.name, Source{});
  }

  std::variant<Loaded, Problems> run() {
    if (inputs_.file) take_file(*inputs_.file);
    for (const auto& [name, text] : inputs_.environment) take_variable(name, text);
    for (const Inputs::Flag& flag : inputs_.flags) take_flag(flag);
    derive();
    check_together();
    if (problems_.empty()) return std::move(loaded_);
    if (problems_.size() > problems_max) {
      const std::size_t more = problems_.size() - problems_max;
      problems_.resize(problems_max);
      problems_.push_back("and " + std::to_string(more) + " more");
    }
    return std::move(problems_);
  }

 private:
  void take_file(const File& file) {
    if (file.text.size() > file_bytes_max) {
      problems_.push_back(file.path + ": has more than " + std::to_string(file_bytes_max) + " bytes");
      return;
    }
    const auto read = read_toml(file.text);
    if (const auto* error = std::get_if<FileError>(&read)) {
      problems_.push_back(file.path + ":" + std::to_string(error->line) + ": is not TOML: " + error->message);
      return;
    }
    for (const FileEntry& entry : std::get<std::vector<FileEntry>>(read)) take_entry(file, entry);
  }

  void take_entry(const File& file, const FileEntry& entry) {
    const Source source{Source::Kind::file, file.path + ":" + std::to_string(entry.line)};
    const Key* key = find_key(entry.name);
    const auto* other = std::get_if<OtherType>(&entry.value);
    if (other != nullptr && other->name == table_type && is_section(entry.name)) return;
    if (key == nullptr) {
      problems_.push_back(source.where + ": " + unknown_key(entry.name));
    } else if (other != nullptr) {
      problems_.push_back(source.where + ": " + entry.name + " is " + other->name + ", but must be " +
                          range_text(*key));
    } else {
      take(*key, std::get<Value>(entry.value), source);
    }
  }

  void take_variable(const std::string& name, const std::string& text) {
    const Key* key = nullptr;
    for (const Key& candidate : keys())
      if (environment_name(candidate) == name) key = &candidate;
    if (key == nullptr) {
      problems_.push_back("environment: " + unknown_variable(name));
      return;
    }
    const Source source{Source::Kind::environment, name};
    if (const auto value = parse_text(*key, text))
      take(*key, *value, source);
    else
      problems_.push_back("environment: " + name + "=" + to_toml(config::shown(*key, text)) + " must be " +
                          range_text(*key));
  }

  void take_flag(const Inputs::Flag& flag) {
    const Key* key = find_key(flag.key);
    if (key == nullptr)
      problems_.push_back("flag " + flag.flag + ": no key " + quoted(flag.key));
    else
      take(*key, flag.value, Source{Source::Kind::flag, flag.flag});
  }

  void take(const Key& key, const Value& value, const Source& source) {
    if (const auto wrong = refusal(key, value)) {
      const char* place = source.kind == Source::Kind::environment ? "environment " : "";
      const char* flag = source.kind == Source::Kind::flag ? "flag " : "";
      problems_.push_back(place + std::string(flag) + source.where + ": " + std::string(key.name) + " = " +
                          to_toml(config::shown(key, value)) + " " + *wrong);
      return;
    }
    key.write(loaded_.settings, value);
    loaded_.sources.find(key.name)->second = source;
  }

  /// Who sets the duration alone means a lease, not a quarrel with an interval that he never wrote: it follows, as it
  /// does for registrations that give only a duration.
  void derive() {
    Source& interval = loaded_.sources.find("lease.interval_s")->second;
    const Source& duration = loaded_.sources.find("lease.duration_s")->second;
    if (interval.kind != Source::Kind::default_ || duration.kind == Source::Kind::default_) return;
    model::LeaseTerms& terms = loaded_.settings.lease.defaults;
    terms.interval_s = std::max<std::uint32_t>(1, terms.duration_s / 3);
    interval.where = "a third of lease.duration_s";
  }

  /// Rules that concern more than one key. They are judged on the outcome, whatever came from where.
  void check_together() {
    if (!problems_.empty()) return;
    const Lease& lease = loaded_.settings.lease;
    if (std::uint64_t{lease.defaults.duration_s} < 2 * std::uint64_t{lease.defaults.interval_s})
      problems_.push_back(pair("lease.duration_s", "lease.interval_s") +
                          ": a lease must be at least two intervals, or one lost renewal evicts");
    if (lease.defaults.duration_s > lease.duration_max_s)
      problems_.push_back(pair("lease.duration_s", "lease.duration_max_s") +
                          ": the default lease must not be longer than the longest");
    const Cluster& cluster = loaded_.settings.cluster;
    if (!cluster.secret.empty() && !cluster.secret_file.empty())
      problems_.push_back(pair("cluster.secret", "cluster.secret_file") + ": set one of both");
    const model::InstanceLimits& instance = loaded_.settings.instance;
    if (instance.metadata_value_bytes > instance.metadata_bytes)
      problems_.push_back(pair("instance.metadata_value_bytes", "instance.metadata_bytes") +
                          ": one value must not be allowed more than all of them together");
  }

  std::string shown(std::string_view name) const {
    return std::string(name) + " = " + to_toml(config::shown(*find_key(name), find_key(name)->read(loaded_.settings))) +
           " (" + to_string(loaded_.sources.find(name)->second) + ")";
  }

  std::string pair(std::string_view a, std::string_view b) const { return shown(a) + " and " + shown(b); }

  const Inputs& inputs_;
  Loaded loaded_;
  Problems problems_;
};

bool starts_with_digit(std::string_view text) {
  return !text.empty() && text.front() >= '0' && text.front() <= '9';
}

/// MUSTER_[…_]SERVICE_HOST, …SERVICE_PORT[_NAME], …PORT, …PORT_8761_TCP[_ADDR].
bool is_service_link(std::string_view name) {
  const std::string_view rest = name.substr(prefix.size() - 1);  // from the underscore on
  if (rest.ends_with("_SERVICE_HOST") || rest.find("_SERVICE_PORT") != std::string_view::npos) return true;
  if (rest.ends_with("_PORT")) return true;
  const auto port = rest.find("_PORT_");
  return port != std::string_view::npos && starts_with_digit(rest.substr(port + 6));
}

}  // namespace

std::string to_string(const Source& source) {
  switch (source.kind) {
    case Source::Kind::default_:
      return source.where.empty() ? "default" : "default, " + source.where;
    case Source::Kind::file:
      return "file " + source.where;
    case Source::Kind::environment:
      return "environment " + source.where;
    case Source::Kind::flag:
      return "flag " + source.where;
  }
  return {};
}

std::variant<Loaded, Problems> load(const Inputs& inputs) {
  return Loader(inputs).run();
}

std::variant<File, std::string> read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return path + ": cannot be read: " + std::strerror(errno);
  std::string text(file_bytes_max + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad() || (in.fail() && !in.eof())) return path + ": cannot be read: " + std::strerror(errno);
  text.resize(static_cast<std::size_t>(in.gcount()));
  return File{path, std::move(text)};
}

std::vector<std::pair<std::string, std::string>> environment(const char* const* environ) {
  std::vector<std::pair<std::string, std::string>> out;
  for (; environ != nullptr && *environ != nullptr; ++environ) {
    const std::string_view variable = *environ;
    const auto equals = variable.find('=');
    if (!variable.starts_with(prefix) || equals == std::string_view::npos) continue;
    const std::string_view name = variable.substr(0, equals);
    if (name == "MUSTER_CONFIG" || is_service_link(name)) continue;
    out.emplace_back(name, variable.substr(equals + 1));
  }
  return out;
}

}  // namespace muster::config
