#include "sim/recorder.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace wikiflow::sim {
namespace {

std::string path_of(const std::string& name) {
  return (std::filesystem::temp_directory_path() / ("wikiflow-sim-" + name)).string();
}

TEST(Recorder, WritesOneLineAFrame) {
  const std::string path = path_of("recorder-test.ndjson");
  {
    auto recorder = Recorder::create(path);
    ASSERT_TRUE(recorder);
    (*recorder)->add(FrameKind::event, 17, "[1]", R"({"a":"\"/"})");
    (*recorder)->add(FrameKind::canary, 18, "[2]", "{}");
    (*recorder)->add(FrameKind::malformed, 18, "[2]", "cut \"\xFF");
    (*recorder)->add(FrameKind::oversized, 19, "[3]", std::string(5000, 'x'));
    (*recorder)->add(FrameKind::error, 19, "", R"({"message":"m"})");
    (*recorder)->flush();
    std::ifstream file(path, std::ios::binary);
    const std::string text(std::istreambuf_iterator<char>(file), {});
    EXPECT_EQ(text, R"({"kind":"event","n":17,"id":[1],"data":{"a":"\"/"}})"
                    "\n"
                    R"({"kind":"canary","n":18,"id":[2],"data":{}})"
                    "\n"
                    "{\"kind\":\"malformed\",\"n\":18,\"id\":[2],\"text\":\"cut \\\"\uFFFD\"}\n"
                    R"({"kind":"oversized","n":19,"id":[3],"bytes":5000})"
                    "\n"
                    R"({"kind":"error","n":19,"data":{"message":"m"}})"
                    "\n");
    EXPECT_FALSE((*recorder)->failed());
  }
  std::filesystem::remove(path);
}

TEST(Recorder, NamesTheFileThatItCannotWrite) {
  const std::string path = path_of("no-such-folder") + "/record.ndjson";
  const auto refused = Recorder::create(path);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::bad_input);
  EXPECT_NE(refused.error().what.find(path), std::string::npos);
}

TEST(Recorder, SaysSoWhenTheDiskIsFull) {
  if (!std::filesystem::exists("/dev/full")) FAIL() << "this test needs /dev/full";
  auto recorder = Recorder::create("/dev/full");
  ASSERT_TRUE(recorder);
  (*recorder)->add(FrameKind::event, 1, "[]", "{}");
  (*recorder)->flush();
  EXPECT_TRUE((*recorder)->failed());
}

}  // namespace
}  // namespace wikiflow::sim
