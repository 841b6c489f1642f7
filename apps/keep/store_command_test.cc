#include "keep/store_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <sstream>

#include "base/scratch_dir.h"
#include "store/rocksdb/rocksdb_store.h"

namespace wikiflow::app {
namespace {

using config::ExitCode;
using testing::AllOf;
using testing::HasSubstr;
using namespace std::chrono_literals;

class StoreCommand : public testing::Test {
 protected:
  static store::Identity identity(const std::string& generation) {
    return {.topic = "t", .generation = generation, .partitions = 2, .dedupe_window = 10};
  }
  void keep_one_change() {
    store::RocksdbStore store(*rocks::Database::open(dir_.path(), {}));
    ASSERT_TRUE(store.open(identity("g1")));
    const std::array items{store::Item{Offset{4}, {"d", "u"}}};
    ASSERT_TRUE(store.add(Partition{1}, items, {.next = Offset{5}, .counted = 1}));
    ASSERT_TRUE(store.flush(1s));
  }
  std::string dir() const { return dir_.path().string(); }

  ScratchDir dir_;
  std::ostringstream out_;
};

TEST_F(StoreCommand, ShowsWhatIsKept) {
  keep_one_change();
  EXPECT_EQ(store_status(dir(), out_), ExitCode::ok);
  EXPECT_THAT(out_.str(), AllOf(HasSubstr("generation g1"), HasSubstr("1 changes, 1 domains, 1 users"),
                                HasSubstr("partition 1: counted up to offset 5, 1 changes")));
}

TEST_F(StoreCommand, SaysWhenNothingIsKeptAndMakesNothing) {
  const std::string elsewhere = dir() + "/elsewhere";
  EXPECT_EQ(store_status(elsewhere, out_), ExitCode::ok);
  EXPECT_EQ(store_reset(elsewhere, out_), ExitCode::ok);
  EXPECT_THAT(out_.str(), HasSubstr("no counts are kept"));
  EXPECT_FALSE(std::filesystem::exists(elsewhere));
}

TEST_F(StoreCommand, ResetIsTheWayOutOfAnotherTopicsCounts) {
  keep_one_change();
  EXPECT_EQ(store_reset(dir(), out_), ExitCode::ok);
  store::RocksdbStore store(*rocks::Database::open(dir(), {}));
  const auto opened = store.open(identity("g2"));
  ASSERT_TRUE(opened) << opened.error().what;
  EXPECT_TRUE(opened->empty());
  EXPECT_EQ(store.size().changes, 0U);
}

TEST_F(StoreCommand, WhatWasExportedCanBeImportedElsewhereOnce) {
  keep_one_change();
  std::stringstream text;
  ASSERT_EQ(store_export(dir(), text, {}), ExitCode::ok);
  const std::string elsewhere = dir() + "/elsewhere";
  EXPECT_EQ(store_import(elsewhere, text, out_, {}), ExitCode::ok);
  EXPECT_THAT(out_.str(), AllOf(HasSubstr("elsewhere now keeps 1 changes"), HasSubstr("generation g1")));
  out_.str("");
  EXPECT_EQ(store_status(elsewhere, out_), ExitCode::ok);
  EXPECT_THAT(out_.str(), HasSubstr("partition 1: counted up to offset 5, 1 changes"));
  text.clear();
  text.seekg(0);
  EXPECT_EQ(store_import(elsewhere, text, out_, {}), ExitCode::unavailable);
}

TEST_F(StoreCommand, NothingIsNoBackup) {
  std::stringstream text;
  EXPECT_EQ(store_export(dir() + "/elsewhere", text, {}), ExitCode::unavailable);
  EXPECT_EQ(store_export(dir(), text, {}), ExitCode::unavailable);
  EXPECT_EQ(text.str(), "");
}

TEST_F(StoreCommand, MakesNoDirectoryForWhatItCannotImport) {
  const std::string elsewhere = dir() + "/elsewhere";
  std::istringstream text("hello\n");
  EXPECT_EQ(store_import(elsewhere, text, out_, {}), ExitCode::bad_config);
  EXPECT_FALSE(std::filesystem::exists(elsewhere));
}

TEST_F(StoreCommand, RefusesToResetUnderAProgramThatCounts) {
  const auto held = *rocks::Database::open(dir(), {});
  EXPECT_EQ(store_reset(dir(), out_), ExitCode::unavailable);
}

}  // namespace
}  // namespace wikiflow::app
