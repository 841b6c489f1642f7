#include "store/rocksdb/transfer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rocksdb/db.h>

#include <array>
#include <sstream>

#include "base/scratch_dir.h"
#include "store/as_map_test.h"
#include "store/rocksdb/encoding.h"
#include "store/rocksdb/maintenance.h"
#include "store/rocksdb/rocksdb_store.h"

namespace wikiflow::store {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;
using Map = CountMap;

class RocksdbTransfer : public testing::Test {
 protected:
  static Identity identity() {
    return {.topic = "t", .generation = "g", .partitions = 2, .dedupe_window = 10};
  }
  static std::shared_ptr<rocks::Database> open(const ScratchDir& dir) {
    return *rocks::Database::open(dir.path(), {});
  }
  static Checkpoint second() {
    return {.next = Offset{6},
            .leader_epoch = 3,
            .last_record = 0xFEDC'BA98'7654'3210U,
            .counted = 1,
            .exact = false,
            .since = from_unix_ms(1'791'207'722'123)};
  }
  void keep_three_changes() {
    RocksdbStore store(open(from_));
    ASSERT_TRUE(store.open(identity()));
    const std::array first{Item{Offset{0}, {"d", "ü\n\"\t"}}, Item{Offset{1}, {"e", std::nullopt}}};
    const std::array then{Item{Offset{5}, {"d", "u"}}};
    ASSERT_TRUE(store.add(Partition{0}, first, {.next = Offset{2}, .counted = 2}));
    ASSERT_TRUE(store.add(Partition{1}, then, second()));
    ASSERT_TRUE(store.flush(1s));
  }
  std::string exported() {
    std::ostringstream out;
    const auto done = export_rocksdb(open(from_), out, {});
    EXPECT_TRUE(done) << done.error().what;
    return out.str();
  }
  Result<std::uint64_t> import(const std::string& text) {
    std::istringstream in(text);
    auto archive = ArchiveReader::open(in);
    if (!archive) return tl::make_unexpected(archive.error());
    return import_rocksdb(open(to_), *archive, {});
  }
  static std::string by_partition(const std::string& rows, const std::string& end) {
    return R"({"wikiflow_counts":1,"topic":"t","generation":"g","partitions":2,"dedupe_window":10,)"
           R"("counting_version":1,"by_partition":true,"checkpoints":2})"
           "\n"
           R"({"partition":0,"next":4,"leader_epoch":-1,"last_record":"0","counted":2,"exact":true,"since_ms":null})"
           "\n"
           R"({"partition":1,"next":9,"leader_epoch":-1,"last_record":"0","counted":1,"exact":true,"since_ms":null})"
           "\n" +
           rows + end;
  }

  ScratchDir from_;
  ScratchDir to_;
};

TEST_F(RocksdbTransfer, AnotherDirectoryThenHoldsTheSame) {
  keep_three_changes();
  const auto imported = import(exported());
  ASSERT_TRUE(imported) << imported.error().what;
  EXPECT_EQ(*imported, 3U);
  RocksdbStore store(open(to_));
  const auto opened = store.open(identity());
  ASSERT_TRUE(opened) << opened.error().what;
  EXPECT_EQ(opened->at(Partition{0}), (Checkpoint{.next = Offset{2}, .counted = 2}));
  EXPECT_EQ(opened->at(Partition{1}), second());
  const auto totals = store.view().totals;
  EXPECT_EQ(as_map(totals.by_domain), (Map{{"d", 2}, {"e", 1}}));
  EXPECT_EQ(as_map(totals.by_user), (Map{{"u", 1}, {"ü\n\"\t", 1}}));
}

TEST_F(RocksdbTransfer, WritesNothingWhereNothingIsKept) {
  std::ostringstream out;
  EXPECT_FALSE(*export_rocksdb(open(from_), out, {}));
  EXPECT_EQ(out.str(), "");
}

TEST_F(RocksdbTransfer, ImportsNothingOverCounts) {
  keep_three_changes();
  const std::string text = exported();
  ASSERT_TRUE(import(text));
  const auto again = import(text);
  ASSERT_FALSE(again);
  EXPECT_THAT(again.error().what, HasSubstr("keeps counts already"));
  EXPECT_THAT(again.error().what, HasSubstr("store reset"));
  ASSERT_TRUE(reset_rocksdb(*open(to_)));
  EXPECT_TRUE(import(text));
}

TEST_F(RocksdbTransfer, ImportsNothingOfWhatIsNotWhole) {
  keep_three_changes();
  const std::string text = exported();
  EXPECT_FALSE(import(text.substr(0, text.rfind("{\"end\""))));
  EXPECT_EQ(*rocksdb_status(open(to_)), std::nullopt);
  EXPECT_TRUE(import(text));
}

TEST_F(RocksdbTransfer, SumsWhatIsByPartition) {
  const auto imported =
      import(by_partition(R"({"domain":"d","count":2,"partition":0,"included":4}
{"user":"u","count":2,"partition":0,"included":3}
{"domain":"d","count":1,"partition":1,"included":9}
{"user":"u","count":1,"partition":1,"included":9}
)",
                          R"({"end":true,"domain_rows":2,"domain_sum":3,"user_rows":2,"user_sum":3}
)"));
  ASSERT_TRUE(imported) << imported.error().what;
  RocksdbStore store(open(to_));
  ASSERT_TRUE(store.open(identity()));
  EXPECT_EQ(as_map(store.view().totals.by_domain), (Map{{"d", 3}}));
  EXPECT_EQ(as_map(store.view().totals.by_user), (Map{{"u", 3}}));
}

TEST_F(RocksdbTransfer, RefusesRowsThatAreAheadOfTheirCheckpoint) {
  const auto refused =
      import(by_partition(R"({"domain":"d","count":2,"partition":0,"included":4}
{"domain":"d","count":1,"partition":1,"included":9}
{"user":"u","count":1,"partition":1,"included":10}
)",
                          R"({"end":true,"domain_rows":2,"domain_sum":3,"user_rows":1,"user_sum":1}
)"));
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().what, HasSubstr("partition 1 include more than their checkpoint"));
  EXPECT_EQ(*rocksdb_status(open(to_)), std::nullopt);
}

TEST_F(RocksdbTransfer, GoesOnWhereAnImportDiedBeforeItsCountsWereWritten) {
  keep_three_changes();
  ASSERT_TRUE(RocksdbStore(open(to_)).open(identity()));
  EXPECT_TRUE(import(exported()));
}

TEST_F(RocksdbTransfer, DoesNotExportWhatIsDamagedAsIfItWereWhole) {
  keep_three_changes();
  {
    const auto database = open(from_);
    ASSERT_TRUE(database->need(kStateFamily));
    const auto wrong = encode(Checkpoint{.next = Offset{2}, .counted = 3});
    ASSERT_TRUE(
        database->db().Put({}, database->family(kStateFamily), checkpoint_key(Partition{0}), wrong).ok());
  }
  std::ostringstream out;
  EXPECT_FALSE(export_rocksdb(open(from_), out, {}));
  EXPECT_EQ(out.str(), "");
}

TEST_F(RocksdbTransfer, StopsWhenAsked) {
  keep_three_changes();
  std::stop_source stop;
  stop.request_stop();
  std::ostringstream out;
  EXPECT_FALSE(export_rocksdb(open(from_), out, stop.get_token()));
  std::istringstream in(exported());
  auto archive = ArchiveReader::open(in);
  ASSERT_TRUE(archive);
  EXPECT_FALSE(import_rocksdb(open(to_), *archive, stop.get_token()));
  EXPECT_EQ(*rocksdb_status(open(to_)), std::nullopt);
}

}  // namespace
}  // namespace wikiflow::store
