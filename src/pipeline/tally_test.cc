#include "pipeline/tally.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <thread>

#include "base/clock_fake.h"
#include "base/eventually.h"
#include "pipeline/records_test.h"
#include "store/memory/memory_store.h"
#include "topic/fake/fake.h"

namespace wikiflow::pipeline {
namespace {

using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

constexpr std::uint32_t kWindow = 100;

std::string record(const std::string& domain, const std::string& user) {
  return R"({"domain":")" + domain + R"(","title":"t","user":")" + user + "\"}";
}

// A store that lets nothing through until it is opened.
class GatedStore final : public store::CountStore {
 public:
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    opened_.notify_all();
  }
  void shut() {
    const std::lock_guard lock(mutex_);
    open_ = false;
  }
  int waiting() const { return waiting_; }
  bool kept_order() const { return kept_order_; }

  Result<store::Checkpoints> open(const store::Identity& identity) override { return inner_.open(identity); }
  Result<void> add(Partition partition, std::span<const store::Item> items,
                   const store::Checkpoint& after) override {
    std::unique_lock lock(mutex_);
    ++waiting_;
    opened_.wait(lock, [&] { return open_; });
    --waiting_;
    for (const auto& item : items) {
      kept_order_ = kept_order_ && item.offset >= next_[partition];
      next_[partition] = Offset{item.offset.value + 1};
    }
    return inner_.add(partition, items, after);
  }
  Result<std::map<Partition, Offset>> flush(const store::FlushLimits& limits) override {
    return inner_.flush(limits);
  }
  store::StoreView view() override { return inner_.view(); }
  store::StoreSize size() const override { return inner_.size(); }

 private:
  std::mutex mutex_;
  std::condition_variable opened_;
  bool open_ = false;
  std::atomic<int> waiting_{0};
  std::atomic<bool> kept_order_{true};
  std::map<Partition, Offset> next_;
  store::MemoryStore inner_;
};

class TallyTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(broker_.ensure({.name = kTopic, .partitions = 12}, 1s));
    writer_ = *broker_.writer(kTopic);
  }
  void TearDown() override { stop(); }

  void send(const std::string& key, const std::string& value) {
    ASSERT_TRUE(writer_->send({.key = key, .value = value, .headers = {}}, {}));
  }
  void send_many(int n) {
    for (int i = 0; i < n; ++i)
      send("page" + std::to_string(i), record("d" + std::to_string(i % 3), "u" + std::to_string(i % 7)));
  }
  void start(store::CountStore& store, int workers = 5) {
    const auto from = store.open({.topic = kTopic, .generation = "first", .partitions = 12});
    ASSERT_TRUE(from) << from.error().what;
    topic::ReaderOptions reading{.group = "g", .batches_in_work = workers, .max_batch_records = 10};
    reading.start = start_offsets(*from, kWindow);
    reader_ = *broker_.reader(kTopic, reading);
    tally_ = std::make_unique<Tally>(
        *reader_, store, *from,
        TallyOptions{.workers = workers, .flush_every = std::chrono::milliseconds(10), .dedupe_ids = kWindow},
        clock_, metrics_);
    thread_ = std::thread([this] { result_ = tally_->run(stop_.get_token()); });
  }
  void stop() {
    stop_.request_stop();
    if (thread_.joinable()) thread_.join();
  }
  bool counted(std::uint64_t n) {
    return eventually([&] { return tally_->changes() == n; });
  }
  double gauge(const std::string& name) { return metrics_.gauge(name, "").Value(); }

  Metrics metrics_;
  FakeClock fake_clock_;
  Clock& clock_ = system_clock();
  topic::FakeBroker broker_{metrics_, clock_};
  std::unique_ptr<topic::Writer> writer_;
  std::unique_ptr<topic::Reader> reader_;
  std::unique_ptr<Tally> tally_;
  store::MemoryStore memory_;
  GatedStore gated_;
  std::stop_source stop_;
  std::thread thread_;
  Result<void> result_;
};

TEST_F(TallyTest, CountsEveryRecordOnceAndCommitsThem) {
  send_many(1'000);
  start(memory_);
  ASSERT_TRUE(counted(1'000));
  stop();
  ASSERT_TRUE(result_);
  const auto view = memory_.view().totals;
  EXPECT_EQ(view.by_domain.size(), 3U);
  EXPECT_EQ(view.by_user.size(), 7U);
  std::int64_t committed = 0;
  for (const auto& [partition, offset] : broker_.committed("g", kTopic)) committed += offset.value;
  EXPECT_EQ(committed, 1'000);
}

TEST_F(TallyTest, ShowsHowLateItIs) {
  send_many(300);
  start(memory_);
  ASSERT_TRUE(counted(300));
  stop();
  const std::string shown = metrics_.exposition();
  for (int i = 0; i < 12; ++i) {
    const std::string partition = "{partition=\"" + std::to_string(i) + "\"} 0";
    EXPECT_THAT(shown, HasSubstr("wikiflow_tally_partition_lag_records" + partition));
    EXPECT_THAT(shown, HasSubstr("wikiflow_tally_partition_lag_seconds" + partition));
  }
  EXPECT_THAT(shown, HasSubstr("wikiflow_tally_end_to_end_seconds_count"));
  EXPECT_THAT(shown, Not(HasSubstr("wikiflow_tally_end_to_end_seconds_count 0")));
  EXPECT_THAT(shown, Not(HasSubstr("wikiflow_store_flush_seconds_count 0")));
}

TEST_F(TallyTest, GivesTheSameAnswerAfterARestart) {
  send_many(500);
  start(memory_);
  ASSERT_TRUE(counted(500));
  stop();
  tally_.reset();
  reader_.reset();
  stop_ = std::stop_source();
  store::MemoryStore again;
  start(again);
  EXPECT_TRUE(counted(500));
  stop();  // before the store goes
}

TEST_F(TallyTest, WorksOnAtMostAsManyBatchesAsItMay) {
  for (const int workers : {5, 1}) {
    GatedStore gated;
    send_many(600);
    stop_ = std::stop_source();
    start(gated, workers);
    EXPECT_TRUE(eventually([&] { return gated.waiting() == workers; }));
    EXPECT_EQ(gauge("wikiflow_batches_in_work"), workers);
    gated.open();
    EXPECT_TRUE(counted(workers == 5 ? 600 : 1'200));
    EXPECT_TRUE(gated.kept_order());
    stop();
    EXPECT_EQ(gauge("wikiflow_batches_in_work"), 0);
    tally_.reset();
    reader_.reset();
  }
}

TEST_F(TallyTest, PassesOverWhatItCannotDecode) {
  send("a", "not json");
  send("a", R"({"domain":"d"})");
  send("a", record("d", "u"));
  start(memory_);
  ASSERT_TRUE(counted(1));
  EXPECT_EQ(metrics_.counter("wikiflow_tally_malformed_total", "").Value(), 2);
  stop();
}

TEST_F(TallyTest, IsCompleteOnceItHasCountedWhatWasThereAtTheStart) {
  send_many(300);
  start(gated_);
  ASSERT_TRUE(eventually([&] { return gated_.waiting() > 0; }));
  const Freshness before = tally_->freshness();
  EXPECT_FALSE(before.complete);
  EXPECT_EQ(before.lag, 300);
  EXPECT_EQ(before.as_of, std::nullopt);
  gated_.open();
  ASSERT_TRUE(eventually([&] { return tally_->freshness().complete; }));
  const Freshness after = tally_->freshness();
  EXPECT_EQ(after.lag, 0);
  ASSERT_TRUE(after.as_of);
  EXPECT_LE(*after.as_of, clock_.now());
  EXPECT_EQ(after.since, std::nullopt);
}

TEST_F(TallyTest, WhatItHasClaimedStands) {
  const Millis before = clock_.now();
  send("page", record("d", "u"));
  gated_.open();
  start(gated_);
  Freshness claimed;
  // Later than the record, so that the next one of its partition leads back to before the claim.
  ASSERT_TRUE(eventually([&] {
    claimed = tally_->freshness();
    return claimed.complete && claimed.as_of > before + 20ms;
  }));
  gated_.shut();
  send("page", record("d", "u"));
  Freshness now;
  EXPECT_TRUE(eventually([&] { return now = tally_->freshness(), now.lag == 1; }));
  gated_.open();
  EXPECT_GE(now.as_of, claimed.as_of);
}

TEST_F(TallyTest, SaysSinceWhenTheTopicHasLostItsBeginning) {
  for (int i = 0; i < 10; ++i) send("same page", record("d", "u"));
  Partition partition;
  while (broker_.records(kTopic, partition).empty()) ++partition.number;
  broker_.expire(kTopic, partition, Offset{4});
  start(memory_);
  ASSERT_TRUE(counted(6));
  ASSERT_TRUE(eventually([&] { return tally_->freshness().since.has_value(); }));
  EXPECT_EQ(tally_->freshness().since, broker_.records(kTopic, partition).front().time);
}

TEST_F(TallyTest, IsNotCompleteWhileTheBrokerIsAwayForLong) {
  send_many(10);
  start(memory_);
  ASSERT_TRUE(eventually([&] { return tally_->freshness().complete; }));
  broker_.away(true);
  ASSERT_TRUE(eventually([&] { return tally_->trouble().has_value(); }));
  Tally impatient(*reader_, memory_, {}, {.workers = 1, .freshness = 0ms}, clock_, metrics_);
  EXPECT_FALSE(impatient.freshness().complete);
}

TEST_F(TallyTest, EndsWithTheErrorOfAStoreThatFailed) {
  class Broken final : public store::CountStore {
    Result<store::Checkpoints> open(const store::Identity&) override { return {}; }
    Result<std::map<Partition, Offset>> flush(const store::FlushLimits&) override { return {}; }
    Result<void> add(Partition, std::span<const store::Item>, const store::Checkpoint&) override {
      return fatal("disk is gone");
    }
    store::StoreView view() override { return {}; }
    store::StoreSize size() const override { return {}; }
  } broken;
  send_many(10);
  start(broken);
  thread_.join();
  ASSERT_FALSE(result_);
  EXPECT_THAT(result_.error().what, HasSubstr("disk is gone"));
  EXPECT_THAT(*tally_->trouble(), HasSubstr("disk is gone"));
}

}  // namespace
}  // namespace wikiflow::pipeline
