#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace muster::store {

/// None: it worked. Otherwise a sentence for the operator: the file, what failed, why, and what to do.
using Problem = std::optional<std::string>;

/// The sentence for a call that failed with this errno; `action` completes "cannot be".
std::string failure(const std::string& path, const char* action, int error);

/// Owns an open file. Any thread, one at a time.
class FileDescriptor {
 public:
  explicit FileDescriptor(int descriptor) : descriptor_(descriptor) {}
  ~FileDescriptor() { close(); }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  int get() const { return descriptor_; }
  bool is_open() const { return descriptor_ >= 0; }
  /// 0 or the errno. Some file systems say only here that a write failed.
  int close();

 private:
  int descriptor_;
};

/// A new file for its owner only, in place of one that a crash left under this name; not open on failure, see errno.
FileDescriptor create_file(const std::string& path);

/// Writes all of it, however often the system takes only a part. 0 or the errno.
int write_all(const FileDescriptor& file, std::string_view bytes);

/// Up to `size` bytes, fewer only at the end of the file; -1 on failure, see errno.
std::ptrdiff_t read_up_to(const FileDescriptor& file, char* into, std::size_t size);

/// Makes the names in a directory durable. A file system that cannot do this for directories counts as having done it.
Problem sync_directory(const std::string& directory);

/// Closes `file`, a complete file at `temporary`, and makes it durable under the name `path` in `directory`. On failure
/// `path` is what it was, or holds the new content, which then may not survive a crash; the temporary is removed.
Problem publish(FileDescriptor& file, const std::string& temporary, const std::string& path,
                const std::string& directory);

}  // namespace muster::store
