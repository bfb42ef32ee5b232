// Goal: a restarted node is the same node in a later boot, and never two nodes at once. Method: real directories.
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>

#include "server/app/data_directory.hpp"

using namespace muster::app;

namespace {

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "muster-test-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  std::string operator/(const char* name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

muster::model::Origin boot(const std::string& path, muster::core::WallMs wall_ms) {
  DataDirectory directory(path);
  return directory.begin_boot(wall_ms);
}

}  // namespace

TEST_CASE("a restart keeps the id and raises the boot, even when the clock was set back") {
  const TemporaryDirectory temporary;
  const std::string path = temporary / "made/when/missing";
  const auto first = boot(path, 1000);
  const auto second = boot(path, 2000);
  const auto third = boot(path, 500);
  CHECK(first.node != 0);
  CHECK(first.boot == 1000);
  CHECK(second.node == first.node);
  CHECK(second.boot == 2000);
  CHECK(third.node == first.node);
  CHECK(third.boot == 2001);
}

TEST_CASE("two processes cannot share a directory") {
  const TemporaryDirectory temporary;
  const DataDirectory first(temporary / "d");
  CHECK_THROWS_WITH(DataDirectory(temporary / "d"), Catch::Contains("another musterd uses it"));
}

TEST_CASE("what an interrupted write left is removed, whatever it is of") {
  const TemporaryDirectory temporary;
  const std::string path = temporary / "d";
  boot(path, 1000);
  std::ofstream(path + "/snapshot.new") << "half";
  std::ofstream(path + "/boot.new") << "";
  boot(path, 1000);
  CHECK_FALSE(std::filesystem::exists(path + "/snapshot.new"));
  CHECK_FALSE(std::filesystem::exists(path + "/boot.new"));
}

TEST_CASE("damaged files are named and not overwritten") {
  const TemporaryDirectory temporary;
  const std::string path = temporary / "d";
  boot(path, 1000);
  std::ofstream(path + "/boot") << "tomorrow";
  CHECK_THROWS_WITH(boot(path, 1000), Catch::Contains("/boot: is damaged; delete it"));
  std::ofstream(path + "/node-id") << "0000000000000000\n";
  CHECK_THROWS_WITH(boot(path, 1000), Catch::Contains("/node-id: is damaged; delete it"));
}

TEST_CASE("a directory that cannot be made is named") {
  CHECK_THROWS_WITH(DataDirectory("/proc/nowhere/d"), Catch::Contains("data_dir: /proc/nowhere/d: cannot be made"));
}

TEST_CASE("without a directory every start is a new node") {
  CHECK(passing_identity(1000).node != passing_identity(1000).node);
  CHECK(passing_identity(1000).boot == 1000);
  CHECK(muster::model::node_name(0xabc) == "0000000000000abc");
}
