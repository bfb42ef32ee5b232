#include "tests/unit/store/faults.hpp"

#include <dlfcn.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdarg>
#include <cstdint>
#include <cstdio>

namespace {

struct Plan {
  std::string call;
  int nth = 0;
  bool onwards = false;
  int error = 0;
  int crash_at = 0;
  std::size_t take_at_most = SIZE_MAX;
  std::vector<std::string> calls;
};

Plan* plan = nullptr;

/// Counts a call; true with errno set: it fails.
bool fails(const char* call) {
  if (plan == nullptr) return false;
  plan->calls.emplace_back(call);
  if (plan->crash_at == static_cast<int>(plan->calls.size())) ::_exit(muster::store::testing::crashed);
  if (plan->call != call) return false;
  const int nth = static_cast<int>(std::count(plan->calls.begin(), plan->calls.end(), call));
  if (nth != plan->nth && !(plan->onwards && nth > plan->nth)) return false;
  errno = plan->error;
  return true;
}

template <typename Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

int open(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(arguments, mode_t) : 0;
  va_end(arguments);
  return fails("open") ? -1 : next<int(const char*, int, ...)>("open")(path, flags, mode);
}

ssize_t read(int file, void* into, std::size_t size) {
  return fails("read") ? -1 : next<ssize_t(int, void*, std::size_t)>("read")(file, into, size);
}

ssize_t write(int file, const void* from, std::size_t size) {
  if (fails("write")) return -1;
  const std::size_t taken = plan == nullptr ? size : std::min(size, plan->take_at_most);
  return next<ssize_t(int, const void*, std::size_t)>("write")(file, from, taken);
}

int fsync(int file) {
  return fails("fsync") ? -1 : next<int(int)>("fsync")(file);
}

int close(int file) {
  const bool failing = fails("close");
  const int error = errno;
  const int result = next<int(int)>("close")(file);
  if (!failing) return result;
  errno = error;
  return -1;
}

int rename(const char* from, const char* to) noexcept {
  return fails("rename") ? -1 : next<int(const char*, const char*)>("rename")(from, to);
}

int unlink(const char* path) noexcept {
  return fails("unlink") ? -1 : next<int(const char*)>("unlink")(path);
}

}  // extern "C"

namespace muster::store::testing {

Faults::Faults() {
  plan = new Plan;
}

Faults::~Faults() {
  delete plan;
  plan = nullptr;
}

Faults& Faults::fail(const std::string& call, int nth, int error) {
  plan->call = call;
  plan->nth = nth;
  plan->error = error;
  return *this;
}

Faults& Faults::fail_writes_from(int nth, int error) {
  plan->onwards = true;
  return fail("write", nth, error);
}

Faults& Faults::crash_at(int nth) {
  plan->crash_at = nth;
  return *this;
}

Faults& Faults::take_at_most(std::size_t bytes) {
  plan->take_at_most = bytes;
  return *this;
}

const std::vector<std::string>& Faults::calls() const {
  return plan->calls;
}

int Faults::count(const std::string& call) const {
  return static_cast<int>(std::count(plan->calls.begin(), plan->calls.end(), call));
}

}  // namespace muster::store::testing
