#include "proto/v1/parse.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <vector>

#include <nlohmann/json.hpp>

#include "proto/v1/nearest.hpp"

namespace muster::v1 {
namespace {

constexpr std::size_t shown_bytes_max = 60;
constexpr std::string_view enormous = "1e308";      // about the largest number that a double holds
constexpr std::size_t exact_digits = 18;            // simdjson reads every whole number of so many
constexpr std::size_t kept_body_bytes = 64 * 1024;  // a parser keeps about ten times its largest body

std::string_view without_mark(std::string_view body) {
  return body.starts_with("\xEF\xBB\xBF") ? body.substr(3) : body;
}

bool blank(std::string_view body) {
  return body.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

/// Reads a body that simdjson refused once more, only to say where it is at fault: the field being read, and why.
class Diagnosis final : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit Diagnosis(int depth_max) : depth_max_(static_cast<std::size_t>(depth_max)) {}

  FieldError error() {
    if (message_.empty()) message_ = "is not valid JSON";
    return {field(), message_, false};
  }

  bool null() override { return value(); }
  bool boolean(bool) override { return value(); }
  bool number_integer(number_integer_t) override { return value(); }
  bool number_unsigned(number_unsigned_t) override { return value(); }
  bool number_float(number_float_t, const string_t&) override { return value(); }
  bool string(string_t&) override { return value(); }
  bool binary(binary_t&) override { return value(); }
  bool start_object(std::size_t) override { return enter(false); }
  bool start_array(std::size_t) override { return enter(true); }
  bool key(string_t& name) override {
    path_.back().name = name;
    return true;
  }
  bool end_object() override { return leave(); }
  bool end_array() override { return leave(); }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception& problem) override {
    std::string reason = problem.what();
    if (const auto start = reason.find("] "); start != std::string::npos) reason.erase(0, start + 2);
    return stop("is not valid JSON at byte " + std::to_string(position) + ": " + shown(reason));
  }

 private:
  struct Level {
    bool array = false;
    std::size_t index = 0;
    std::string name;
  };

  bool stop(std::string message) {
    message_ = std::move(message);
    return false;
  }

  bool enter(bool array) {
    path_.push_back({array, 0, {}});
    if (path_.size() > depth_max_)
      return stop("is nested too deeply: at most " + std::to_string(depth_max_) + " levels are read");
    return true;
  }

  bool leave() {
    path_.pop_back();
    return value();
  }

  bool value() {
    if (!path_.empty()) {
      if (path_.back().array) ++path_.back().index;
      path_.back().name.clear();
    }
    return true;
  }

  std::string field() const {
    constexpr std::size_t levels_named = 4;  // the path of a bomb of brackets would be as long as the bomb
    std::string text;
    for (std::size_t i = 0; i < std::min(path_.size(), levels_named); ++i) {
      const Level& level = path_[i];
      if (level.array) {
        text += '[' + std::to_string(level.index) + ']';
      } else if (!level.name.empty()) {
        if (!text.empty()) text += '.';
        text += level.name;
      }
    }
    return text.empty() ? std::string(whole_body) : text;
  }

  std::size_t depth_max_;
  std::vector<Level> path_;
  std::string message_;
};

/// A number of a kind that simdjson refuses for its size, as one that it reads and that is as far beyond the range of
/// every field; other tokens as they are.
std::string readable_number(std::string_view token) {
  const std::string_view digits = token.substr(token.starts_with('-') ? 1 : 0);
  const bool whole = digits.find_first_not_of("0123456789") == std::string_view::npos;
  if (whole && digits.size() <= exact_digits) return std::string(token);
  double number = 0;
  const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), number);
  const bool too_large = error == std::errc::result_out_of_range && digits.find("e-") == std::string_view::npos &&
                         digits.find("E-") == std::string_view::npos;
  if (too_large && end == token.data() + token.size() && !digits.starts_with('0'))
    return std::string(digits.size() < token.size() ? "-" : "").append(enormous);
  return std::string(token).append(whole ? ".0" : "");
}

/// The body with its numbers made readable: the fault is then found where the field and its range are known.
std::string with_readable_numbers(std::string_view body) {
  std::string out;
  out.reserve(body.size() + 16);
  while (!body.empty()) {
    std::size_t size = 1;
    if (body[0] == '"') {
      while (size < body.size() && body[size] != '"') size += body[size] == '\\' ? 2 : 1;
      size = std::min(size + 1, body.size());
      out.append(body.substr(0, size));
    } else if (body[0] == '-' || (body[0] >= '0' && body[0] <= '9')) {
      size = std::min(body.find_first_not_of("+-.eE0123456789"), body.size());
      out.append(readable_number(body.substr(0, size)));
    } else {
      out += body[0];
    }
    body.remove_prefix(size);
  }
  return out;
}

FieldError diagnose(std::string_view body, int depth_max) {
  Diagnosis diagnosis(depth_max);
  nlohmann::json::sax_parse(body.begin(), body.end(), &diagnosis);
  return diagnosis.error();
}

}  // namespace

std::optional<FieldError> Document::parse(std::string_view body, int depth_max) {
  static thread_local simdjson::dom::parser kept;
  body = without_mark(body);
  if (blank(body)) body = "{}";
  simdjson::dom::parser* parser = &kept;
  if (body.size() > kept_body_bytes) {
    large_ = std::make_unique<simdjson::dom::parser>();
    parser = large_.get();
  }
  const auto parse_text = [&](std::string_view text) {
    const std::size_t capacity = std::max({text.size(), parser->capacity(), std::size_t{4096}});
    // The depth counts the root as a level for us, and not for simdjson.
    const auto error = parser->allocate(capacity, static_cast<std::size_t>(depth_max) + 1);
    return error ? error : parser->parse(text.data(), text.size()).get(root_);
  };
  simdjson::error_code error = parse_text(body);
  if (error == simdjson::NUMBER_ERROR) error = parse_text(with_readable_numbers(body));
  if (error) return diagnose(body, depth_max);
  return std::nullopt;
}

bool Faults::add(std::string field, std::string message, bool too_large) {
  if (!error_) error_ = FieldError{std::move(field), std::move(message), too_large};
  return false;
}

bool Faults::wrong(std::string field, std::string_view wanted, Element got) {
  return add(std::move(field), std::string("must be ").append(wanted).append(", not ").append(shown(got)));
}

bool read_text(Element value, std::string_view field, std::string& out, Faults& faults) {
  std::string_view text;
  if (value.get_string().get(text) != simdjson::SUCCESS)
    return faults.wrong(std::string(field), "text in quotes", value);
  out = text;
  return true;
}

bool read_integer(Element value, std::string_view field, std::uint64_t min, std::uint64_t max, std::uint64_t& out,
                  Faults& faults) {
  bool read = value.get_uint64().get(out) == simdjson::SUCCESS;
  double real = 0;
  // 8080.0 is a whole number to JSON; above 2^53 a double no longer says which.
  if (!read && value.is_double() && value.get_double().get(real) == simdjson::SUCCESS && real >= 0 && real <= 0x1p53 &&
      std::floor(real) == real) {
    out = static_cast<std::uint64_t>(real);
    read = true;
  }
  if (read && out >= min && out <= max) return true;
  return faults.wrong(std::string(field), "a whole number from " + std::to_string(min) + " to " + std::to_string(max),
                      value);
}

bool unknown_field(std::string_view path, std::string_view name, std::span<const std::string_view> names,
                   Faults& faults) {
  std::string message = "is not a field known here";
  if (const std::string_view near = nearest(name, names); !near.empty()) {
    message.append("; did you mean ").append(near).append("?");
  } else {
    message.append("; known are ");
    for (std::size_t i = 0; i < names.size(); ++i) message.append(i == 0 ? "" : ", ").append(names[i]);
  }
  std::string field(path);
  if (name.empty()) {
    field.append("\"\"");
  } else if (name.size() <= shown_bytes_max) {
    field.append(name);
  } else {
    field.append(shown(name));
  }
  return faults.add(std::move(field), std::move(message));
}

std::string shown(std::string_view text) {
  if (text.size() <= shown_bytes_max) return std::string(text);
  std::size_t end = shown_bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;  // not inside a character
  return std::string(text.substr(0, end)).append("...");
}

std::string shown(Element value) {
  if (value.is_array()) return "an array";
  if (value.is_object()) return "an object";
  if (value.is_null()) return "null";
  std::string_view text;
  if (value.get_string().get(text) == simdjson::SUCCESS) return '"' + shown(text) + '"';
  double number = 0;
  if (value.is_double() && value.get_double().get(number) == simdjson::SUCCESS && std::abs(number) >= 1e308)
    return std::string("a number beyond ").append(number < 0 ? "-" : "").append(enormous);
  return shown(simdjson::minify(value));
}

}  // namespace muster::v1
