#include "server/app/process.hpp"

#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <system_error>

namespace muster::app {
namespace {

/// The loop and the background worker; a third thread only writes log lines.
constexpr int arenas = 2;

std::size_t resident_bytes() {
  std::FILE* file = std::fopen("/proc/self/statm", "re");
  if (file == nullptr) return 0;
  unsigned long total = 0, resident = 0;
  const int fields = std::fscanf(file, "%lu %lu", &total, &resident);
  std::fclose(file);
  return fields == 2 ? resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)) : 0;
}

std::size_t open_files() {
  std::error_code error;
  std::size_t count = 0;
  for (std::filesystem::directory_iterator file("/proc/self/fd", error), end; !error && file != end;
       file.increment(error))
    ++count;
  return count > 0 ? count - 1 : 0;  // the directory itself is open while it is read
}

std::size_t limit_of(rlim_t limit) {
  return limit == RLIM_INFINITY ? SIZE_MAX : static_cast<std::size_t>(limit);
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

std::size_t raise_open_files() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;  // what every Linux gives
  const rlim_t before = limit.rlim_cur;
  limit.rlim_cur = limit.rlim_max;
  return limit_of(::setrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : before);
}

void tune_allocator() {
  ::mallopt(M_ARENA_MAX, arenas);
}

ProcessFigures process_figures() {
  ProcessFigures out;
  out.resident_bytes = resident_bytes();
  out.open_files = open_files();
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) out.open_files_max = limit_of(limit.rlim_cur);
  rusage usage{};
  if (::getrusage(RUSAGE_SELF, &usage) == 0) out.processor_seconds = seconds(usage.ru_utime) + seconds(usage.ru_stime);
  return out;
}

}  // namespace muster::app
