// What holds when the consumer dies and goes on from its store, and what it does about a log that is another.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <thread>

#include "base/eventually.h"
#include "event/codec.h"
#include "pipeline/records_test.h"
#include "pipeline/tally.h"
#include "store/fake/fake_store.h"
#include "topic/fake/fake.h"

namespace wikiflow::pipeline {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using namespace std::chrono_literals;

constexpr std::uint32_t kExactWindow = 50;

EventId id_of(int number) {
  EventId id;
  std::memcpy(id.bytes.data(), &number, sizeof number);
  id.bytes[15] = 1;
  return id;
}

// A change whose domain tells which it is.
topic::FakeRecord change(int number) {
  return {.key = "k" + std::to_string(number),
          .value = R"({"domain":"d)" + std::to_string(number) + R"(","title":"t","user":"u"})",
          .headers = headers_of(id_of(number)),
          .time = {},
          .offset = {}};
}

class TallyExactTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(broker_.ensure({.name = kTopic, .partitions = 1}, 1s)); }
  void TearDown() override { die(); }

  void append(int number) { broker_.append(kTopic, Partition{0}, change(number)); }
  void append_many(int from, int to) {
    for (int i = from; i < to; ++i) append(i);
  }

  void live() {
    stop_ = std::stop_source();
    store_ = std::make_unique<store::FakeStore>(disk_);
    const auto from = store_->open({.topic = kTopic, .generation = "first", .partitions = 1});
    ASSERT_TRUE(from) << from.error().what;
    topic::ReaderOptions reading{.group = "g", .batches_in_work = 2, .max_batch_records = 7};
    reading.start = start_offsets(*from, kExactWindow);
    reader_ = *broker_.reader(kTopic, reading);
    tally_ = std::make_unique<Tally>(
        *reader_, *store_, *from,
        TallyOptions{.workers = 2, .flush_every = flush_every_, .dedupe_ids = kExactWindow}, system_clock(),
        metrics_);
    thread_ = std::thread([this] { result_ = tally_->run(stop_.get_token()); });
  }
  // In peace, unless the disk is away: then what was not flushed is lost, as in a crash.
  void die() {
    stop_.request_stop();
    if (thread_.joinable()) thread_.join();
    tally_.reset();
    reader_.reset();
    store_.reset();
  }
  void crash() {
    disk_.away(true);
    die();
    disk_.away(false);
  }
  bool counted(std::uint64_t n) {
    return eventually([&] { return tally_->changes() == n && tally_->freshness().lag == 0; });
  }
  bool lasting(std::int64_t next) {
    return eventually([&] { return disk_.checkpoints()[Partition{0}].next == Offset{next}; });
  }
  std::string ended_with() {
    thread_.join();
    return result_ ? "" : result_.error().what;
  }
  double counter(const std::string& name) { return metrics_.counter(name, "").Value(); }

  Metrics metrics_;
  topic::FakeBroker broker_{metrics_, system_clock()};
  store::FakeDisk disk_;
  std::chrono::milliseconds flush_every_{5};
  std::unique_ptr<store::FakeStore> store_;
  std::unique_ptr<topic::Reader> reader_;
  std::unique_ptr<Tally> tally_;
  std::stop_source stop_;
  std::thread thread_;
  Result<void> result_;
};

TEST_F(TallyExactTest, CountsAChangeOnceHoweverOftenItWasSent) {
  append_many(0, 20);
  append_many(10, 30);
  append(29);
  live();
  ASSERT_TRUE(counted(30));
  EXPECT_EQ(counter("wikiflow_tally_duplicates_total"), 11);
}

TEST_F(TallyExactTest, KnowsAnIdFromTheValueWhereThereIsNoHeader) {
  auto record = change(1);
  record.headers.clear();
  record.value = R"({"domain":"d","title":"t","event_id":")" + id_of(7).to_string() + "\"}";
  broker_.append(kTopic, Partition{0}, record);
  append(7);
  live();
  EXPECT_TRUE(counted(1));
}

TEST_F(TallyExactTest, CommitsOnlyWhatIsLasting) {
  append_many(0, 10);
  live();
  ASSERT_TRUE(lasting(10));
  EXPECT_TRUE(eventually([&] { return broker_.committed("g", kTopic)[Partition{0}] == Offset{10}; }));
  disk_.away(true);
  append_many(10, 20);
  crash();
  EXPECT_EQ((broker_.committed("g", kTopic)[Partition{0}]), Offset{10});
}

// Dies at random moments, with some records counted that are not lasting and others that are, while
// duplicates of recent changes keep coming.
TEST_F(TallyExactTest, CountsEachChangeOnceThroughManyDeaths) {
  std::mt19937 random(7);
  int sent = 0;
  for (int death = 0; death < 40; ++death) {
    flush_every_ = std::chrono::milliseconds(random() % 3 == 0 ? 1'000 : 1);
    live();
    for (int i = 0; i < 25; ++i) {
      append(sent++);
      if (random() % 3 == 0) append(sent - 1 - static_cast<int>(random() % std::min(sent, 20)));
    }
    if (random() % 2 == 0) {
      ASSERT_TRUE(counted(static_cast<std::uint64_t>(sent)));
    }
    if (random() % 2 == 0) {
      crash();
    } else {
      die();
    }
  }
  live();
  ASSERT_TRUE(counted(static_cast<std::uint64_t>(sent)));
  EXPECT_TRUE(eventually([&] { return tally_->freshness().complete; }));
  die();
  const auto domains = disk_.domains();
  EXPECT_EQ(domains.size(), static_cast<std::size_t>(sent));
  for (const auto& [domain, count] : domains) EXPECT_EQ(count, 1U) << domain;
}

TEST_F(TallyExactTest, RefusesALogThatWasWrittenAnew) {
  append_many(0, 10);
  live();
  ASSERT_TRUE(lasting(10));
  die();
  topic::FakeBroker other(metrics_, system_clock());
  ASSERT_TRUE(other.ensure({.name = kTopic, .partitions = 1}, 1s));
  for (int i = 0; i < 12; ++i) other.append(kTopic, Partition{0}, change(100 + i));
  const auto from = store::FakeStore(disk_).open({.topic = kTopic, .generation = "first", .partitions = 1});
  ASSERT_TRUE(from);
  store::FakeStore store(disk_);
  const auto reader = *other.reader(kTopic, {.group = "g"});
  Tally tally(*reader, store, *from, TallyOptions{.dedupe_ids = kExactWindow}, system_clock(), metrics_);
  const auto ended = tally.run({});
  ASSERT_FALSE(ended);
  EXPECT_THAT(ended.error().what,
              AllOf(HasSubstr("offset 9 is not the one that was counted"), HasSubstr("store reset")));
}

TEST_F(TallyExactTest, RefusesALogThatEndsBeforeWhatWasCounted) {
  append_many(0, 10);
  live();
  ASSERT_TRUE(lasting(10));
  die();
  topic::FakeBroker other(metrics_, system_clock());
  ASSERT_TRUE(other.ensure({.name = kTopic, .partitions = 1}, 1s));
  other.append(kTopic, Partition{0}, change(0));
  store::FakeStore store(disk_);
  const auto from = store.open({.topic = kTopic, .generation = "first", .partitions = 1});
  const auto reader = *other.reader(kTopic, {.group = "g"});
  const auto ended = Tally(*reader, store, *from, TallyOptions{}, system_clock(), metrics_).run({});
  ASSERT_FALSE(ended);
  EXPECT_THAT(ended.error().what,
              AllOf(HasSubstr("ends at 1"), HasSubstr("up to 10"), HasSubstr("store reset")));
}

TEST_F(TallyExactTest, RefusesALogThatHasLostWhatWasNotCounted) {
  append_many(0, 10);
  live();
  ASSERT_TRUE(lasting(10));
  die();
  append_many(10, 30);
  broker_.expire(kTopic, Partition{0}, Offset{15});
  live();
  EXPECT_THAT(ended_with(),
              AllOf(HasSubstr("begins at 15"), HasSubstr("up to 10"), HasSubstr("store reset")));
}

TEST_F(TallyExactTest, IsNotCompleteForGoodWhereDuplicatesCanNoLongerBeTold) {
  append_many(0, 100);
  live();
  ASSERT_TRUE(lasting(100));
  die();
  broker_.expire(kTopic, Partition{0}, Offset{80});
  live();
  EXPECT_TRUE(eventually([&] { return tally_->freshness().complete; })) << "nothing was counted since";
  testing::internal::CaptureStderr();
  append(100);
  ASSERT_TRUE(counted(101));
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              AllOf(HasSubstr("level=error"), HasSubstr("log_begins=80"), HasSubstr("counted_up_to=100")));
  EXPECT_FALSE(tally_->freshness().complete);
  EXPECT_TRUE(tally_->freshness().caught_up) << "waiting does not make it better";
  ASSERT_TRUE(lasting(101));
  EXPECT_FALSE(disk_.checkpoints()[Partition{0}].exact);
}

TEST_F(TallyExactTest, StaysCompleteWhereTheLogReachesBackToWhereCountingBegan) {
  append_many(0, 30);
  broker_.expire(kTopic, Partition{0}, Offset{20});
  live();
  ASSERT_TRUE(lasting(30));
  die();
  append(30);
  live();
  ASSERT_TRUE(counted(11));
  EXPECT_TRUE(eventually([&] { return tally_->freshness().complete; }));
  EXPECT_TRUE(tally_->freshness().since);
}

TEST_F(TallyExactTest, CountsGapsThatAProducerTellsOfAndNotAsChanges) {
  auto gap = change(1);
  encode_gap({}, from_unix_ms(1), gap.value);
  gap.headers = {{std::string(kHeaderGap), "x"}};
  broker_.append(kTopic, Partition{0}, gap);
  append(2);
  live();
  ASSERT_TRUE(counted(1));
  EXPECT_EQ(counter("wikiflow_tally_gaps_total"), 1);
}

// No producer writes one. The value decides, so that its header need not be looked for.
TEST_F(TallyExactTest, CountsAChangeThatHasTheHeaderOfAGap) {
  auto odd = change(1);
  odd.headers = {{std::string(kHeaderGap), "x"}};
  broker_.append(kTopic, Partition{0}, odd);
  live();
  ASSERT_TRUE(counted(1));
  EXPECT_EQ(counter("wikiflow_tally_gaps_total"), 0);
}

TEST_F(TallyExactTest, TakesNoWorkWhileTheStoreIsAwayAndGoesOnByItself) {
  append_many(0, 10);
  live();
  ASSERT_TRUE(lasting(10));
  disk_.away(true);
  ASSERT_TRUE(eventually([&] { return store_->trouble().has_value(); }));
  append_many(10, 200);
  // A batch that was asked for before may still come in.
  ASSERT_TRUE(eventually([&] { return tally_->freshness().lag > 0; }));
  const auto as_of = tally_->freshness().as_of;
  EXPECT_LT(tally_->changes(), 200U);
  EXPECT_EQ(disk_.checkpoints()[Partition{0}].next, Offset{10});
  disk_.away(false);
  ASSERT_TRUE(counted(200));
  EXPECT_GE(tally_->freshness().as_of, as_of);
}

TEST_F(TallyExactTest, EndsWhenTheStoreFailsForGood) {
  append_many(0, 10);
  disk_.break_it();
  live();
  EXPECT_THAT(ended_with(), HasSubstr("the disk is broken"));
}

}  // namespace
}  // namespace wikiflow::pipeline
