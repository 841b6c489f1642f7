#include "consumer/stores.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <sstream>

#include "base/scratch_dir.h"
#include "store/cassandra/cassandra_store.h"
#include "store/cassandra/session_fake.h"

namespace wikiflow::app {
namespace {

using config::ExitCode;
using testing::HasSubstr;
using namespace std::chrono_literals;

class StoresTest : public testing::Test {
 protected:
  config::StoreSettings settings(const std::string& storage, const std::string& topic = "t") const {
    config::StoreSettings settings;
    settings.storage = storage;
    settings.state_dir = (dir_.path() / "state").string();
    settings.topic = topic;
    settings.cassandra.keyspace = "wikiflow";
    return settings;
  }
  void keep_two_changes_in_cassandra() {
    store::cassandra::CassandraStore store(
        [this] { return std::make_unique<store::cassandra::FakeSession>(cluster_); }, {.sync_period = 0ms},
        system_clock(), metrics_);
    ASSERT_TRUE(store.open({.topic = "t", .generation = "g", .partitions = 2, .dedupe_window = 10}));
    store.own(std::array{Partition{0}, Partition{1}});
    const std::array items{store::Item{Offset{4}, {"d", "u"}}};
    ASSERT_TRUE(store.add(Partition{0}, items, {.next = Offset{5}, .counted = 1}));
    ASSERT_TRUE(store.add(Partition{1}, items, {.next = Offset{5}, .counted = 1}));
    ASSERT_TRUE(store.flush(1s));
  }
  ExitCode import(const config::StoreSettings& into, const std::string& text) {
    std::istringstream in(text);
    return store_import(into, cassandra_, in, out_, {});
  }

  ScratchDir dir_;
  Metrics metrics_;
  std::shared_ptr<store::cassandra::FakeCluster> cluster_ = std::make_shared<store::cassandra::FakeCluster>();
  ConnectCassandra cassandra_ =
      [this](
          const store::cassandra::ConnectionOptions&) -> Result<std::unique_ptr<store::cassandra::Session>> {
    return std::make_unique<store::cassandra::FakeSession>(cluster_);
  };
  std::ostringstream out_;
};

TEST_F(StoresTest, CountsMoveFromCassandraToADirectoryButNotBack) {
  keep_two_changes_in_cassandra();
  std::ostringstream text;
  ASSERT_EQ(store_export(settings("cassandra"), cassandra_, text, {}), ExitCode::ok);
  EXPECT_EQ(import(settings("rocksdb"), text.str()), ExitCode::ok);
  EXPECT_THAT(out_.str(), HasSubstr("now keeps 2 changes of topic 't'"));
  EXPECT_EQ(store_status(settings("rocksdb"), cassandra_, out_), ExitCode::ok);
  EXPECT_THAT(out_.str(), HasSubstr("2 changes, 1 domains, 1 users"));

  text.str("");
  ASSERT_EQ(store_export(settings("rocksdb"), cassandra_, text, {}), ExitCode::ok);
  ASSERT_EQ(store_reset(settings("cassandra"), cassandra_, out_), ExitCode::ok);
  EXPECT_EQ(import(settings("cassandra"), text.str()), ExitCode::bad_config);
}

TEST_F(StoresTest, CountsComeBackIntoCassandraAfterAReset) {
  keep_two_changes_in_cassandra();
  std::ostringstream text;
  ASSERT_EQ(store_export(settings("cassandra"), cassandra_, text, {}), ExitCode::ok);
  EXPECT_EQ(import(settings("cassandra"), text.str()), ExitCode::unavailable);
  ASSERT_EQ(store_reset(settings("cassandra"), cassandra_, out_), ExitCode::ok);
  std::ostringstream nothing;
  EXPECT_EQ(store_export(settings("cassandra"), cassandra_, nothing, {}), ExitCode::unavailable);
  EXPECT_EQ(import(settings("cassandra"), text.str()), ExitCode::ok);
  std::ostringstream again;
  ASSERT_EQ(store_export(settings("cassandra"), cassandra_, again, {}), ExitCode::ok);
  EXPECT_EQ(again.str(), text.str());
}

TEST_F(StoresTest, TakesNoCountsOfATopicThatNoConsumerWouldLookFor) {
  keep_two_changes_in_cassandra();
  std::ostringstream text;
  ASSERT_EQ(store_export(settings("cassandra"), cassandra_, text, {}), ExitCode::ok);
  EXPECT_EQ(import(settings("cassandra", "other"), text.str()), ExitCode::bad_config);
}

TEST_F(StoresTest, MemoryIsNoPlaceToExportFromOrToImportInto) {
  std::ostringstream text;
  EXPECT_EQ(store_export(settings("memory"), cassandra_, text, {}), ExitCode::bad_config);
  EXPECT_EQ(text.str(), "");
  EXPECT_EQ(import(settings("memory"), ""), ExitCode::bad_config);
}

}  // namespace
}  // namespace wikiflow::app
