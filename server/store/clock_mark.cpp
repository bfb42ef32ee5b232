#include "server/store/clock_mark.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>

#include "server/store/snapshot_format.hpp"

namespace muster::store {
namespace {

constexpr std::size_t digits = 16;
constexpr std::uint64_t checksum_seed = 0x636c6f636bU;  // "clock": a mark is no other file's text

std::string hexadecimal(std::uint64_t number) {
  char text[digits + 1];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(number));
  return text;
}

std::string encode(std::uint64_t value) {
  const std::string text = hexadecimal(value);
  return text + " " + hexadecimal(checksum(text, checksum_seed)) + "\n";
}

std::optional<std::uint64_t> decode(const std::string& text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + std::min(text.size(), digits), value, 16);
  if (text != encode(value)) return std::nullopt;  // which finds whatever from_chars let pass
  return value;
}

}  // namespace

ClockMark::ClockMark(const std::string& directory) : directory_(directory), path_(directory + "/clock") {}

ClockMark::Reading ClockMark::read() {
  was_read_ = true;
  Reading reading;
  const FileDescriptor file(::open(path_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (!file.is_open()) {
    if (errno != ENOENT) reading.problem = failure(path_, "read", errno);
    return reading;
  }
  std::string text(2 * digits + 3, '\0');  // one byte more than a mark has: what was appended is seen
  const std::ptrdiff_t size = read_up_to(file, text.data(), text.size());
  if (size < 0) {
    reading.problem = failure(path_, "read", errno);
    return reading;
  }
  text.resize(static_cast<std::size_t>(size));
  reading.value = decode(text);
  if (reading.value) {
    durable_ = reading.value;
  } else {
    reading.problem = path_ + ": is damaged; it is written anew when the clock is reserved next";
  }
  return reading;
}

Problem ClockMark::reserve(std::uint64_t value) {
  if (!was_read_) read();
  if (durable_ && value <= *durable_) return std::nullopt;
  const std::string temporary = path_ + ".new";
  FileDescriptor file = create_file(temporary);
  if (!file.is_open()) return failure(temporary, "written", errno);
  if (const int error = write_all(file, encode(value)); error != 0) {
    ::unlink(temporary.c_str());
    return failure(temporary, "written", error);
  }
  if (Problem problem = publish(file, temporary, path_, directory_)) return problem;
  durable_ = value;
  return std::nullopt;
}

}  // namespace muster::store
