// Records that cannot be decoded, through the tally and a group: nothing lasting passes them without a
// letter.

#include "pipeline/undecodable.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <future>
#include <thread>

#include "base/eventually.h"
#include "pipeline/ownership.h"
#include "pipeline/records_test.h"
#include "pipeline/tally.h"
#include "store/fake/fake_store.h"
#include "topic/fake/fake.h"

namespace wikiflow::pipeline {
namespace {

using testing::ElementsAre;
using namespace std::chrono_literals;

class UndecodableTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(broker_.ensure({.name = kTopic, .partitions = 1}, 1s));
    ASSERT_TRUE(broker_.ensure({.name = kLetters, .partitions = 1}, 1s));
  }
  void TearDown() override { die(); }

  void append(const std::string& value) {
    broker_.append(kTopic, Partition{0},
                   {.key = "k", .value = value, .headers = {}, .time = {}, .offset = {}});
  }
  void append_good(int n) {
    for (int i = 0; i < n; ++i) append(R"({"domain":"d","title":"t","user":"u"})");
  }
  void open(bool shared = false) {
    letters_ = std::make_unique<DeadLetters>(
        [this]() -> Result<std::unique_ptr<topic::Writer>> {
          if (letters_away_) return transient("the dead-letter topic is away");
          return broker_.writer(kLetters);
        },
        [this] { return broker_.tails(kLetters, 100, 1s); }, DeadLettersOptions{}, system_clock(), metrics_);
    undecodable_ = std::make_unique<Undecodable>(*letters_, kTopic, "first", shared);
  }
  void live() {
    open();
    stop_ = std::stop_source();
    store_ = std::make_unique<store::FakeStore>(*disk_);
    const auto from = store_->open({.topic = kTopic, .generation = "first", .partitions = 1});
    ASSERT_TRUE(from) << from.error().what;
    topic::ReaderOptions reading{.group = "g", .batches_in_work = 2, .max_batch_records = 5};
    reading.start = start_offsets(*from, 10);
    reader_ = *broker_.reader(kTopic, reading);
    tally_ = std::make_unique<Tally>(*reader_, *store_, *from,
                                     TallyOptions{.workers = 2,
                                                  .flush_every = 5ms,
                                                  .commit_limit = 50ms,
                                                  .dedupe_ids = 10,
                                                  .undecodable = undecodable_.get()},
                                     system_clock(), metrics_);
    thread_ = std::thread([this] { (void)tally_->run(stop_.get_token()); });
  }
  void die() {
    stop_.request_stop();
    if (thread_.joinable()) thread_.join();
    tally_.reset();
    reader_.reset();
    store_.reset();
    undecodable_.reset();
    letters_.reset();
  }
  Offset lasting() { return disk_->checkpoints()[Partition{0}].next; }
  std::vector<std::string> letters() const {
    std::vector<std::string> values;
    for (const auto& record : broker_.records(kLetters, Partition{0})) values.push_back(record.value);
    return values;
  }

  Metrics metrics_;
  topic::FakeBroker broker_{metrics_, system_clock()};
  std::unique_ptr<store::FakeDisk> disk_ = std::make_unique<store::FakeDisk>();
  std::atomic<bool> letters_away_{false};
  std::unique_ptr<DeadLetters> letters_;
  std::unique_ptr<Undecodable> undecodable_;
  std::unique_ptr<store::FakeStore> store_;
  std::unique_ptr<topic::Reader> reader_;
  std::unique_ptr<Tally> tally_;
  std::stop_source stop_;
  std::thread thread_;
};

TEST_F(UndecodableTest, BecomesALetterAndTheRestIsCounted) {
  append_good(3);
  append("junk");
  append(R"({"domain":"only"})");
  append_good(2);
  live();
  ASSERT_TRUE(eventually([&] { return lasting() == Offset{7}; }));
  EXPECT_EQ(tally_->changes(), 5U);
  EXPECT_THAT(letters(), ElementsAre("junk", R"({"domain":"only"})"));
  EXPECT_EQ(metrics_.counter("wikiflow_tally_malformed_total", "").Value(), 2);
}

TEST_F(UndecodableTest, NothingLastingPassesARecordWhoseLetterIsNotAcknowledged) {
  letters_away_ = true;
  append_good(5);
  append("junk");
  append_good(50);
  live();
  ASSERT_TRUE(eventually([&] { return undecodable_->trouble().has_value(); }));
  append_good(100);
  // Work stops: what was under way is counted and not kept.
  EXPECT_LE(lasting(), Offset{5});
  die();
  EXPECT_LE(lasting(), Offset{5});
  EXPECT_LE((broker_.committed("g", kTopic)[Partition{0}]), Offset{5});
  EXPECT_THAT(letters(), ElementsAre());

  letters_away_ = false;
  live();
  ASSERT_TRUE(eventually([&] { return lasting() == Offset{156}; }));
  EXPECT_EQ(tally_->changes(), 155U);
  EXPECT_THAT(letters(), ElementsAre("junk"));
}

TEST_F(UndecodableTest, GoesOnByItselfWhenLettersCanBeWrittenAgain) {
  letters_away_ = true;
  append("junk");
  append_good(20);
  live();
  ASSERT_TRUE(eventually([&] { return undecodable_->trouble().has_value(); }));
  letters_away_ = false;
  EXPECT_TRUE(eventually([&] { return lasting() == Offset{21}; }));
}

TEST_F(UndecodableTest, IsWrittenOnceThoughItIsReadAgainAtEachStart) {
  append("junk");
  append_good(3);
  for (int start = 0; start < 3; ++start) {
    disk_ = std::make_unique<store::FakeDisk>();  // as with counts in memory
    live();
    ASSERT_TRUE(eventually([&] { return lasting() == Offset{4}; }));
    die();
  }
  EXPECT_THAT(letters(), ElementsAre("junk"));
}

class SharedUndecodableTest : public UndecodableTest {
 protected:
  void SetUp() override {
    UndecodableTest::SetUp();
    open(true);
  }
  void give(int partition, std::int64_t offset, const std::string& value) {
    const topic::Record record{.key = "k", .value = value, .offset = Offset{offset}, .time = {}};
    undecodable_->give(Partition{partition}, record, "not JSON");
  }
};

TEST_F(SharedUndecodableTest, IsWrittenByTheOwnerOfItsPartitionAlone) {
  undecodable_->own(std::array{Partition{1}});
  give(0, 1, "of another");
  give(1, 1, "of ours");
  ASSERT_TRUE(undecodable_->settle(10s));
  EXPECT_THAT(letters(), ElementsAre("of ours"));
  undecodable_->disown(std::array{Partition{1}});
  give(1, 2, "no longer of ours");
  ASSERT_TRUE(undecodable_->settle(10s));
  EXPECT_THAT(letters(), ElementsAre("of ours"));
}

TEST_F(SharedUndecodableTest, IsHeldBackForTheDayItsPartitionIsOurs) {
  give(0, 1, "a");
  give(1, 1, "b");
  undecodable_->own(std::array{Partition{0}});
  ASSERT_TRUE(undecodable_->settle(10s));
  EXPECT_THAT(letters(), ElementsAre("a"));
}

TEST_F(SharedUndecodableTest, IsWrittenAfterAllWhenTooManyAreHeldBack) {
  for (std::size_t i = 0; i <= Undecodable::kHeldBack; ++i)
    give(0, static_cast<std::int64_t>(i), std::to_string(i));
  ASSERT_TRUE(undecodable_->settle(10s));
  EXPECT_THAT(letters(), ElementsAre("0"));
}

// A store that says what it was told.
class ToldStore final : public store::CountStore {
 public:
  Result<store::Checkpoints> open(const store::Identity&) override { return {}; }
  Result<void> add(Partition, std::span<const store::Item>, const store::Checkpoint&) override { return {}; }
  Result<std::map<Partition, Offset>> flush(const store::FlushLimits&) override { return {}; }
  std::map<Partition, Offset> release(std::span<const Partition>, std::chrono::milliseconds limit) override {
    released_within = limit;
    if (releasing) releasing();
    return {};
  }
  store::StoreView view() override { return {}; }
  store::StoreSize size() const override { return {}; }
  std::chrono::milliseconds released_within{-1};
  std::function<void()> releasing;
};

TEST_F(SharedUndecodableTest, ARevokedPartitionIsFlushedOnlyWhenItsLettersAreAcknowledged) {
  ToldStore store;
  Ownership ownership(store, 20ms, metrics_, undecodable_.get());
  const std::array partitions{Partition{0}};
  ASSERT_TRUE(ownership.assigned(partitions));
  give(0, 1, "a");
  ASSERT_TRUE(undecodable_->settle(10s));
  ownership.revoked(partitions);
  EXPECT_EQ(store.released_within, 20ms);

  ASSERT_TRUE(ownership.assigned(partitions));
  broker_.hold_acknowledgements(true);
  give(0, 2, "b");
  ownership.revoked(partitions);
  EXPECT_EQ(store.released_within, 0ms) << "its next owner writes what this one may not";
  broker_.hold_acknowledgements(false);
}

TEST_F(SharedUndecodableTest, NoBatchComesBetweenGivingUpAPartitionsLettersAndItsCounts) {
  ToldStore store;
  Ownership ownership(store, 20ms, metrics_, undecodable_.get());
  std::future<void> batch;
  store.releasing = [&] {
    batch = std::async(std::launch::async, [&] { const auto passing = undecodable_->hold(); });
    EXPECT_EQ(batch.wait_for(50ms), std::future_status::timeout);
  };
  ownership.lost(std::array{Partition{0}});
  batch.get();
  EXPECT_EQ(store.released_within, 0ms);
}

}  // namespace
}  // namespace wikiflow::pipeline
