#include "server/store/file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

namespace muster::store {
namespace {

const char* advice(int error) {
  switch (error) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return "free some space there or raise the limit";
    case EACCES:
    case EPERM:
    case EROFS:
      return "let the user that runs musterd read and write there";
    case ENOENT:
    case ENOTDIR:
      return "make the directory again";
    case EIO:
      return "check the disk";
    case EMFILE:
    case ENFILE:
      return "raise the limit of open files";
    default:
      return "mend that";
  }
}

}  // namespace

std::string failure(const std::string& path, const char* action, int error) {
  return path + ": cannot be " + action + ": " + std::generic_category().message(error) + "; " + advice(error);
}

int FileDescriptor::close() {
  if (descriptor_ < 0) return 0;
  return ::close(std::exchange(descriptor_, -1)) == 0 || errno == EINTR ? 0 : errno;
}

FileDescriptor create_file(const std::string& path) {
  ::unlink(path.c_str());  // what stands in the way is reported by open()
  constexpr int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  return FileDescriptor(::open(path.c_str(), flags, 0600));
}

int write_all(const FileDescriptor& file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    if (written == 0) return EIO;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

std::ptrdiff_t read_up_to(const FileDescriptor& file, char* into, std::size_t size) {
  std::size_t done = 0;
  while (done < size) {
    const ssize_t count = ::read(file.get(), into + done, size - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return -1;
    if (count == 0) break;
    done += static_cast<std::size_t>(count);
  }
  return static_cast<std::ptrdiff_t>(done);
}

Problem sync_directory(const std::string& directory) {
  const FileDescriptor opened(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened.is_open()) return failure(directory, "read", errno);
  if (::fsync(opened.get()) != 0 && errno != EINVAL) return failure(directory, "written", errno);
  return std::nullopt;
}

Problem publish(FileDescriptor& file, const std::string& temporary, const std::string& path,
                const std::string& directory) {
  int error = ::fsync(file.get()) == 0 ? 0 : errno;
  const int close_error = file.close();
  if (error == 0) error = close_error;
  if (error != 0) {
    ::unlink(temporary.c_str());
    return failure(temporary, "written", error);
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) {
    error = errno;
    ::unlink(temporary.c_str());
    return failure(path, "written", error);
  }
  return sync_directory(directory);
}

}  // namespace muster::store
