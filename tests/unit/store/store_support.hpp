#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "server/store/snapshot_file.hpp"

/// What the tests of this room share.
namespace muster::store::testing {

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "muster-test-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path = pattern;
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path); }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  std::string operator/(const std::string& name) const { return path + "/" + name; }
  std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(path))
      found.push_back(entry.path().filename().string());
    std::sort(found.begin(), found.end());
    return found;
  }

  std::string path;
};

using Chunks = std::vector<std::string>;
using Names = std::vector<std::string>;

inline std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void put_file(const std::string& path, const std::string& content) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
}

inline Problem write_snapshot(const std::string& directory, const Chunks& chunks) {
  SnapshotWriter writer(directory);
  for (const std::string& chunk : chunks)
    if (!writer.add(chunk)) break;
  return std::move(writer).commit();
}

/// Keeps what it takes; refuses whatever holds a chunk `nonsense`, and what does not end with `last` when that is set.
class Collected : public SnapshotSink {
 public:
  void begin() override {
    chunks.clear();
    ++begun;
  }
  bool take(std::string_view chunk) override {
    chunks.emplace_back(chunk);
    return chunk != "nonsense";
  }
  bool end() override { return last.empty() || (!chunks.empty() && chunks.back() == last); }

  Chunks chunks;
  std::string last;
  int begun = 0;
};

/// The chunks of what is read there; fails the test when nothing is.
inline Chunks chunks_in(const std::string& directory) {
  Collected sink;
  const SnapshotReading reading = read_snapshot(directory, sink);
  REQUIRE(reading.generation);
  return sink.chunks;
}

/// The exit code of a process that runs `work` and ends with 0.
template <typename Work>
int exit_code_of(const Work& work) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    work();
    ::_exit(0);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  return WEXITSTATUS(status);
}

}  // namespace muster::store::testing
