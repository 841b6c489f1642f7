#include "store/cassandra/transfer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <sstream>

#include "base/clock_fake.h"
#include "store/as_map_test.h"
#include "store/cassandra/cassandra_store.h"
#include "store/cassandra/maintenance.h"
#include "store/cassandra/places.h"
#include "store/cassandra/session_fake.h"

namespace wikiflow::store::cassandra {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;
using Map = CountMap;

struct Cluster {
  std::shared_ptr<FakeCluster> cluster = std::make_shared<FakeCluster>();
  FakeSession session{cluster};
};

class CassandraTransfer : public testing::Test {
 protected:
  static Identity identity(std::int32_t partitions = 2) {
    return {.topic = "t", .generation = "g", .partitions = partitions, .dedupe_window = 10};
  }
  static Checkpoint second() {
    return {.next = Offset{6},
            .leader_epoch = 3,
            .last_record = 0xFEDC'BA98'7654'3210U,
            .counted = 1,
            .exact = false,
            .since = from_unix_ms(1'791'207'722'123)};
  }
  std::unique_ptr<CassandraStore> store(const Cluster& at) {
    return std::make_unique<CassandraStore>(
        [cluster = at.cluster] { return std::make_unique<FakeSession>(cluster); },
        StoreOptions{.sync_period = 0ms}, clock_, metrics_);
  }
  std::unique_ptr<CassandraStore> keep_three_changes() {
    auto kept = store(from_);
    EXPECT_TRUE(kept->open(identity()));
    kept->own(std::array{Partition{0}, Partition{1}});
    const std::array first{Item{Offset{0}, {"d", "ü\n\"\t"}}, Item{Offset{1}, {"e", std::nullopt}}};
    const std::array then{Item{Offset{5}, {"d", "u"}}};
    EXPECT_TRUE(kept->add(Partition{0}, first, {.next = Offset{2}, .counted = 2}));
    EXPECT_TRUE(kept->add(Partition{1}, then, second()));
    EXPECT_TRUE(kept->flush(1s));
    return kept;
  }
  std::string exported(Cluster& of) {
    std::ostringstream out;
    const auto done = export_counts(of.session, "t", out, {});
    EXPECT_TRUE(done) << done.error().what;
    return out.str();
  }
  Result<std::uint64_t> import(const std::string& text, const std::stop_token& stop = {}) {
    std::istringstream in(text);
    auto archive = ArchiveReader::open(in);
    if (!archive) return tl::make_unexpected(archive.error());
    return import_counts(to_.session, *archive, {.sync_period = 3s, .give_up_after = 5s}, clock_, stop);
  }
  void expect_the_three_changes() {
    const auto there = store(to_);
    const auto opened = there->open(identity());
    ASSERT_TRUE(opened) << opened.error().what;
    EXPECT_EQ(*opened,
              (Checkpoints{{Partition{0}, {.next = Offset{2}, .counted = 2}}, {Partition{1}, second()}}));
    EXPECT_EQ(as_map(there->view().totals.by_domain), (Map{{"d", 2}, {"e", 1}}));
    EXPECT_EQ(as_map(there->view().totals.by_user), (Map{{"u", 1}, {"ü\n\"\t", 1}}));
  }
  static std::string summed(int partitions) {
    return R"({"wikiflow_counts":1,"topic":"t","generation":"g","partitions":)" + std::to_string(partitions) +
           R"(,"dedupe_window":10,"counting_version":1,"by_partition":false,"checkpoints":1}
{"partition":0,"next":4,"leader_epoch":-1,"last_record":"0","counted":2,"exact":true,"since_ms":null}
{"domain":"d","count":2}
{"end":true,"domain_rows":1,"domain_sum":2,"user_rows":0,"user_sum":0}
)";
  }

  FakeClock clock_;
  Metrics metrics_;
  Cluster from_;
  Cluster to_;
};

TEST_F(CassandraTransfer, AnotherKeyspaceThenHoldsTheSame) {
  keep_three_changes();
  const std::string text = exported(from_);
  const auto imported = import(text);
  ASSERT_TRUE(imported) << imported.error().what;
  EXPECT_EQ(*imported, 3U);
  expect_the_three_changes();
  EXPECT_EQ(exported(to_), text);
}

TEST_F(CassandraTransfer, WritesNothingWhereNothingIsKept) {
  std::ostringstream out;
  EXPECT_FALSE(*export_counts(from_.session, "t", out, {}));
  keep_three_changes();
  ASSERT_TRUE(*reset(from_.session, "t"));
  EXPECT_FALSE(*export_counts(from_.session, "t", out, {}));
  EXPECT_EQ(out.str(), "");
}

TEST_F(CassandraTransfer, RowsThatAreAheadGoOnAsTheyWould) {
  const auto kept = keep_three_changes();
  // The server gets the rows of one more change, and not the checkpoint.
  const std::array more{Item{Offset{2}, {"d", "u"}}};
  ASSERT_TRUE(kept->add(Partition{0}, more, {.next = Offset{3}, .counted = 3}));
  from_.cluster->hold(true);
  ASSERT_FALSE(kept->flush(50ms));
  from_.cluster->hold(false);
  from_.cluster->release(1);
  ASSERT_TRUE(import(exported(from_)));
  const auto there = store(to_);
  ASSERT_EQ(there->open(identity())->at(Partition{0}).next, Offset{2});
  EXPECT_EQ(as_map(there->view().totals.by_domain), (Map{{"d", 3}, {"e", 1}}));
  ASSERT_TRUE(there->add(Partition{0}, more, {.next = Offset{3}, .counted = 3}));
  EXPECT_EQ(as_map(there->view().totals.by_domain), (Map{{"d", 3}, {"e", 1}}));
}

TEST_F(CassandraTransfer, ImportsNothingOverCounts) {
  keep_three_changes();
  const std::string text = exported(from_);
  ASSERT_TRUE(import(text));
  const auto again = import(text);
  ASSERT_FALSE(again);
  EXPECT_THAT(again.error().what, HasSubstr("keeps counts already"));
  EXPECT_THAT(again.error().what, HasSubstr("store reset"));
  ASSERT_TRUE(*reset(to_.session, "t"));
  ASSERT_TRUE(import(text));
  expect_the_three_changes();
}

TEST_F(CassandraTransfer, WhatAnImportLeftThatDiedIsNoPartOfTheNext) {
  const auto kept = keep_three_changes();
  const std::string older = exported(from_);
  const std::array more{Item{Offset{2}, {"x", "y"}}};
  ASSERT_TRUE(kept->add(Partition{0}, more, {.next = Offset{3}, .counted = 3}));
  ASSERT_TRUE(kept->flush(1s));
  const std::string newer = exported(from_);
  ASSERT_FALSE(import(newer.substr(0, newer.rfind("{\"end\""))));
  EXPECT_EQ(*status(to_.session, "t"), std::nullopt);
  std::ostringstream nothing;
  EXPECT_FALSE(*export_counts(to_.session, "t", nothing, {}));

  std::stop_source stop;
  stop.request_stop();
  ASSERT_FALSE(import(newer, stop.get_token()));
  ASSERT_TRUE(import(older));
  expect_the_three_changes();
}

TEST_F(CassandraTransfer, WritesAgainWhatIsNotAnsweredAndGivesUpInTheEnd) {
  keep_three_changes();
  const std::string text = exported(from_);
  to_.cluster->fail_writes(-1, {ErrorKind::transient, "away"});
  const auto away = import(text);
  ASSERT_FALSE(away);
  EXPECT_EQ(away.error().kind, ErrorKind::transient);
  to_.cluster->fail_writes(3, {ErrorKind::transient, "away"});
  to_.cluster->lose_answers(2);
  ASSERT_TRUE(import(text));
  expect_the_three_changes();
}

TEST_F(CassandraTransfer, EndsWhenItIsRefused) {
  keep_three_changes();
  const std::string text = exported(from_);
  to_.cluster->fail_writes(1, {ErrorKind::bad_input, "no such column"});
  EXPECT_THAT(import(text).error().what, HasSubstr("no such column"));
  to_.cluster->fail_reads(Error{ErrorKind::transient, "away"});
  EXPECT_FALSE(import(text));
  std::ostringstream out;
  EXPECT_FALSE(export_counts(to_.session, "t", out, {}));
}

TEST_F(CassandraTransfer, CheckpointsWaitForTheCommitLog) {
  keep_three_changes();
  const std::string text = exported(from_);
  const auto before = clock_.elapsed();
  ASSERT_TRUE(import(text));
  EXPECT_EQ(clock_.elapsed() - before, 3s);
}

TEST_F(CassandraTransfer, CannotSplitSums) {
  const auto refused = import(summed(2));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::bad_input);
  EXPECT_THAT(refused.error().what, HasSubstr("import it with STORAGE=rocksdb"));
  ASSERT_TRUE(import(summed(1)));
  EXPECT_EQ(
      to_.cluster->count({generation_name(identity(1), 1), Partition{0}, Kind::domain, 0}, "d")->included,
      Offset{4});
  const auto there = store(to_);
  ASSERT_TRUE(there->open(identity(1)));
  EXPECT_EQ(there->size().changes, 2U);
}

TEST_F(CassandraTransfer, CarriesMoreRowsThanFitInOneGo) {
  const auto kept = store(from_);
  ASSERT_TRUE(kept->open(identity()));
  kept->own(std::array{Partition{0}, Partition{1}});
  std::vector<std::string> names;
  for (int i = 0; i < 20'000; ++i) names.push_back("user" + std::to_string(i));
  std::vector<Item> items;
  for (std::size_t i = 0; i < names.size(); ++i) {
    items.push_back({Offset{static_cast<std::int64_t>(i)}, {"d", names[i]}});
  }
  ASSERT_TRUE(kept->add(Partition{1}, items, {.next = Offset{20'000}, .counted = 20'000}));
  ASSERT_TRUE(kept->flush(10s));
  const std::string text = exported(from_);
  ASSERT_TRUE(import(text));
  EXPECT_EQ(to_.cluster->count_writes(), 20'001U);
  EXPECT_LE(to_.cluster->largest_batch(), 100U);
  EXPECT_EQ(exported(to_), text);
}

TEST_F(CassandraTransfer, NoticesAConsumerThatBeganMeanwhile) {
  // Begins to count when the import is about to write its checkpoints.
  class Meanwhile final : public Clock {
   public:
    explicit Meanwhile(Session& session) : session_(session) {}
    Millis now() const override { return {}; }
    SteadyTime steady() const override { return {}; }
    bool sleep(std::chrono::milliseconds, std::stop_token) override {
      return session_.write_generation({1, identity()}).has_value();
    }

   private:
    Session& session_;
  };
  keep_three_changes();
  std::istringstream in(exported(from_));
  auto archive = ArchiveReader::open(in);
  ASSERT_TRUE(archive);
  Meanwhile clock(to_.session);
  const auto refused = import_counts(to_.session, *archive, {}, clock, {});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().what, HasSubstr("meanwhile"));
}

}  // namespace
}  // namespace wikiflow::store::cassandra
