#pragma once

#include <cstddef>

#include "server/core/time.hpp"

// What the operating system says of this process. Linux.
namespace muster::app {

/// Raises the limit of open files as far as the process may, and returns it.
std::size_t raise_open_files();

/// Sets up the allocator for a process of few threads: its default of eight arenas a core lets memory grow that nobody
/// uses. Call it before the first thread starts.
void tune_allocator();

struct ProcessFigures {
  std::size_t resident_bytes = 0;
  std::size_t open_files = 0;
  std::size_t open_files_max = 0;
  double processor_seconds = 0;
};

ProcessFigures process_figures();

}  // namespace muster::app
