#include "store/cassandra/maintenance.h"

#include <gtest/gtest.h>

#include <array>
#include <memory>

#include "store/cassandra/cassandra_store.h"
#include "store/cassandra/session_fake.h"

namespace wikiflow::store::cassandra {
namespace {

using namespace std::chrono_literals;

class Maintenance : public testing::Test {
 protected:
  static Identity identity(const std::string& generation) {
    return {.topic = "t", .generation = generation, .partitions = 1, .dedupe_window = 10};
  }
  std::unique_ptr<CassandraStore> store() {
    return std::make_unique<CassandraStore>([this] { return std::make_unique<FakeSession>(cluster_); },
                                            StoreOptions{.sync_period = 0ms}, system_clock(), metrics_);
  }
  void keep_one_change() {
    const auto kept = store();
    ASSERT_TRUE(kept->open(identity("g1")));
    kept->own(std::array{Partition{0}});
    const std::array items{Item{Offset{4}, {"d", "u"}}};
    ASSERT_TRUE(kept->add(Partition{0}, items, {.next = Offset{5}, .counted = 1}));
    ASSERT_TRUE(kept->flush(1s));
  }

  Metrics metrics_;
  std::shared_ptr<FakeCluster> cluster_ = std::make_shared<FakeCluster>();
  FakeSession session_{cluster_};
};

TEST_F(Maintenance, ShowsNothingWhereNothingIsKept) {
  EXPECT_EQ(*status(session_, "t"), std::nullopt);
  EXPECT_FALSE(*reset(session_, "t"));
}

TEST_F(Maintenance, ShowsWhatIsCountedAndHowFar) {
  keep_one_change();
  const auto kept = *status(session_, "t");
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->identity, identity("g1"));
  EXPECT_EQ(kept->number, 1);
  EXPECT_EQ(kept->checkpoints.at(Partition{0}).next, Offset{5});
  EXPECT_EQ(kept->checkpoints.at(Partition{0}).counted, 1U);
}

TEST_F(Maintenance, ResetBeginsAnewAlsoForAnotherTopicOfTheName) {
  keep_one_change();
  EXPECT_FALSE(store()->open(identity("g2")));
  EXPECT_TRUE(*reset(session_, "t"));
  EXPECT_EQ(*status(session_, "t"), std::nullopt);
  EXPECT_FALSE(*reset(session_, "t"));
  const auto anew = store();
  const auto opened = anew->open(identity("g2"));
  ASSERT_TRUE(opened) << opened.error().what;
  EXPECT_TRUE(opened->empty());
  EXPECT_EQ(anew->size().changes, 0U);
  EXPECT_EQ((*status(session_, "t"))->number, 3);
}

TEST_F(Maintenance, HandsOnWhatTheServerSays) {
  keep_one_change();
  cluster_->fail_reads(Error{ErrorKind::transient, "away"});
  EXPECT_FALSE(status(session_, "t"));
  EXPECT_FALSE(reset(session_, "t"));
  cluster_->fail_reads(std::nullopt);
  cluster_->fail_writes(1, {ErrorKind::transient, "away"});
  EXPECT_FALSE(reset(session_, "t"));
}

}  // namespace
}  // namespace wikiflow::store::cassandra
