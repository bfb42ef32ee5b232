#include "server/app/data_directory.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <optional>
#include <random>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace muster::app {
namespace {

[[noreturn]] void fail(const std::string& path, const std::string& what) {
  throw std::runtime_error("data_dir: " + path + ": " + what);
}

[[noreturn]] void fail_errno(const std::string& path, const char* action) {
  fail(path, std::string("cannot be ") + action + ": " + std::strerror(errno) +
                 "; free space there, check the rights of the user that musterd runs as, or give another directory");
}

class FileDescriptor {
 public:
  explicit FileDescriptor(int descriptor) : descriptor_(descriptor) {}
  ~FileDescriptor() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

/// None: there is no such file.
std::optional<std::string> read_small(const std::string& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) {
    if (errno == ENOENT) return std::nullopt;
    fail_errno(path, "read");
  }
  char buffer[64];
  const ssize_t size = ::read(file.get(), buffer, sizeof buffer);
  if (size < 0) fail_errno(path, "read");
  std::string text(buffer, static_cast<std::size_t>(size));
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

/// Either the old or the new content is there after a crash at any moment.
void write_atomically(const std::string& path, const std::string& text) {
  const std::string fresh = path + ".new";
  {
    const FileDescriptor file(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (file.get() < 0) fail_errno(fresh, "written");
    if (::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
      fail_errno(fresh, "written");
    if (::fsync(file.get()) != 0) fail_errno(fresh, "written");
  }
  if (::rename(fresh.c_str(), path.c_str()) != 0) fail_errno(path, "written");
  const std::string folder = std::filesystem::path(path).parent_path().string();
  const FileDescriptor directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() >= 0) ::fsync(directory.get());  // some file systems cannot; the rename is what counts
}

std::optional<std::uint64_t> parse_number(std::string_view text, int base) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::uint64_t random_id() {
  std::random_device device;
  std::uint64_t id = 0;
  while (id == 0) id = std::uint64_t{device()} << 32 | device();  // 0 stands for no node
  return id;
}

}  // namespace

model::Origin passing_identity(core::WallMs wall_ms) {
  return model::Origin{random_id(), static_cast<std::uint64_t>(std::max<core::WallMs>(wall_ms, 1))};
}

DataDirectory::DataDirectory(std::string path) : path_(std::move(path)) {
  std::error_code error;
  std::filesystem::create_directories(path_, error);
  if (error) fail(path_, "cannot be made: " + error.message());
  const std::string lock_path = path_ + "/lock";
  lock_ = ::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (lock_ < 0) fail_errno(lock_path, "written");
  if (::flock(lock_, LOCK_EX | LOCK_NB) != 0) {
    ::close(lock_);
    fail(path_, "another musterd uses it; give each node its own");
  }
  drop_unfinished();
}

DataDirectory::~DataDirectory() {
  ::close(lock_);  // which unlocks
}

/// What a write left that a kill or a full disk cut short: it would be in the way of the next on a disk that is full.
void DataDirectory::drop_unfinished() {
  std::error_code ignored;
  for (const char* name : {"/node-id.new", "/boot.new", "/clock.new", "/snapshot.new"})
    std::filesystem::remove(path_ + name, ignored);
}

model::Origin DataDirectory::begin_boot(core::WallMs wall_ms) {
  model::Origin origin;
  const std::string id_path = path_ + "/node-id";
  if (const auto text = read_small(id_path)) {
    const auto id = text->size() == 16 ? parse_number(*text, 16) : std::nullopt;
    if (!id || *id == 0) fail(id_path, "is damaged; delete it to start as a new node");
    origin.node = *id;
  } else {
    origin.node = random_id();
    write_atomically(id_path, model::node_name(origin.node) + "\n");
  }
  const std::string boot_path = path_ + "/boot";
  std::uint64_t last = 0;
  if (const auto text = read_small(boot_path)) {
    const auto number = parse_number(*text, 10);
    if (!number) fail(boot_path, "is damaged; delete it and " + id_path + " to start as a new node");
    last = *number;
  }
  origin.boot = std::max(static_cast<std::uint64_t>(std::max<core::WallMs>(wall_ms, 1)), last + 1);
  write_atomically(boot_path, std::to_string(origin.boot) + "\n");
  return origin;
}

}  // namespace muster::app
