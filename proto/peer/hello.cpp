#include "proto/peer/hello.hpp"

#include <algorithm>
#include <limits>
#include <tuple>
#include <utility>

#include <nlohmann/json.hpp>

namespace muster::peer {
namespace {

using Json = nlohmann::json;

constexpr std::size_t capabilities_max = 32;
constexpr std::size_t capability_bytes_max = 64;
constexpr std::size_t text_bytes_max = 255;

struct Wrong {
  std::string sentence;
};

/// Lets a stranger nest no deeper than greetings do: the reader calls itself for each level.
class ShallowOnly final : public nlohmann::json_sax<Json> {
 public:
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override { return ++depth_ <= depth_max; }
  bool key(string_t&) override { return true; }
  bool end_object() override { return --depth_, true; }
  bool start_array(std::size_t) override { return ++depth_ <= depth_max; }
  bool end_array() override { return --depth_, true; }
  bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception&) override { return false; }

 private:
  static constexpr int depth_max = 8;
  int depth_ = 0;
};

const Json& field(const Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end()) throw Wrong{std::string("the greeting has no ") + name};
  return *found;
}

std::uint64_t number(const Json& object, const char* name,
                     std::uint64_t max = std::numeric_limits<std::uint64_t>::max()) {
  const Json& value = field(object, name);
  if (!value.is_number_unsigned()) throw Wrong{std::string(name) + " of the greeting is not a whole number"};
  const auto out = value.get<std::uint64_t>();
  if (out > max) throw Wrong{std::string(name) + " of the greeting is too large"};
  return out;
}

bool flag(const Json& object, const char* name) {
  const Json& value = field(object, name);
  if (!value.is_boolean()) throw Wrong{std::string(name) + " of the greeting is neither true nor false"};
  return value.get<bool>();
}

/// Everything read here is shown to people, so nothing in it may move their cursor.
std::string checked_text(const Json& value, const char* name, std::size_t bytes_max) {
  if (!value.is_string()) throw Wrong{std::string(name) + " of the greeting is not a text"};
  auto out = value.get<std::string>();
  if (out.size() > bytes_max)
    throw Wrong{std::string(name) + " of the greeting has more than " + std::to_string(bytes_max) + " bytes"};
  const bool control =
      std::any_of(out.begin(), out.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  if (control) throw Wrong{std::string(name) + " of the greeting holds control characters"};
  return out;
}

template <std::size_t Size>
std::array<std::uint8_t, Size> bytes(const Json& object, const char* name) {
  const Json& value = field(object, name);
  if (!value.is_binary() || value.get_binary().size() != Size)
    throw Wrong{std::string(name) + " of the greeting is not of " + std::to_string(Size) + " bytes"};
  std::array<std::uint8_t, Size> out{};
  std::copy(value.get_binary().begin(), value.get_binary().end(), out.begin());
  return out;
}

template <std::size_t Size>
Json binary(const std::array<std::uint8_t, Size>& from) {
  return Json::binary(std::vector<std::uint8_t>(from.begin(), from.end()));
}

std::vector<std::string> read_capabilities(const Json& object) {
  const Json& list = field(object, "capabilities");
  if (!list.is_array()) throw Wrong{"capabilities of the greeting is not a list"};
  if (list.size() > capabilities_max)
    throw Wrong{"capabilities of the greeting has more than " + std::to_string(capabilities_max) + " entries"};
  std::vector<std::string> out;
  for (const Json& one : list) out.push_back(checked_text(one, "an entry in capabilities", capability_bytes_max));
  return out;
}

Hello read_hello(const Json& object) {
  Hello out;
  out.protocol = static_cast<std::uint32_t>(number(object, "protocol", std::numeric_limits<std::uint32_t>::max()));
  // The fields of another protocol are not ours to judge: the reader refuses it by its number.
  if (out.protocol != protocol_version) return out;
  out.capabilities = read_capabilities(object);
  out.cluster = checked_text(field(object, "cluster"), "cluster", cluster_bytes_max);
  out.origin.node = number(object, "node");
  out.origin.boot = number(object, "boot");
  out.version = checked_text(field(object, "version"), "version", text_bytes_max);
  out.address = checked_text(field(object, "address"), "address", text_bytes_max);
  out.has_secret = flag(object, "secret");
  out.nonce = bytes<std::tuple_size_v<Nonce>>(object, "nonce");
  return out;
}

Json to_json(const Hello& hello) {
  Json out = Json::object();
  out["say"] = "hello";
  out["protocol"] = hello.protocol;
  out["capabilities"] = hello.capabilities;
  out["cluster"] = hello.cluster;
  out["node"] = hello.origin.node;
  out["boot"] = hello.origin.boot;
  out["version"] = hello.version;
  out["address"] = hello.address;
  out["secret"] = hello.has_secret;
  out["nonce"] = binary(hello.nonce);
  return out;
}

Json to_json(const Proof& proof) {
  Json out = Json::object();
  out["say"] = "proof";
  out["code"] = binary(proof.code);
  return out;
}

Json to_json(const Welcome&) {
  Json out = Json::object();
  out["say"] = "welcome";
  return out;
}

Greeting read(const Json& object) {
  if (!object.is_object()) throw Wrong{"the greeting is not a map"};
  const std::string say = checked_text(field(object, "say"), "say", text_bytes_max);
  if (say == "hello") return read_hello(object);
  if (say == "proof") return Proof{bytes<std::tuple_size_v<Code>>(object, "code")};
  if (say == "welcome") return Welcome{};
  throw Wrong{"the greeting says neither hello nor proof nor welcome"};
}

}  // namespace

std::string write_greeting(const Greeting& greeting) {
  const Json object = std::visit([](const auto& one) { return to_json(one); }, greeting);
  std::string out;
  Json::to_cbor(object, out);
  return out;
}

std::variant<Greeting, std::string> read_greeting(std::string_view text) {
  if (text.size() > greeting_bytes_max)
    return "the greeting has more than " + std::to_string(greeting_bytes_max) + " bytes";
  ShallowOnly shallow;
  if (!Json::sax_parse(text.begin(), text.end(), &shallow, Json::input_format_t::cbor))
    return std::string("the greeting is not CBOR");
  const Json object = Json::from_cbor(text.begin(), text.end());
  try {
    return read(object);
  } catch (const Wrong& wrong) {
    return wrong.sentence;
  }
}

}  // namespace muster::peer
