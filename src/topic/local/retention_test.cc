#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "base/clock_fake.h"
#include "base/scratch_dir.h"
#include "topic/local/broker.h"

namespace wikiflow::topic::local {
namespace {

constexpr std::chrono::seconds kRetentionPatience{60};

class RetentionTest : public testing::Test {
 protected:
  void open(std::uint64_t most_bytes = 0) {
    broker_.reset();
    LocalOptions options;
    options.retention_bytes = most_bytes;
    options.retention_interval = std::chrono::hours{24};  // only when the test says so
    broker_ = std::move(*LocalBroker::open(*Database::open(dir_.path(), {}), options, metrics_, clock_));
    TopicSpec spec;
    spec.name = "t";
    spec.partitions = 1;
    spec.retention = std::chrono::hours{1};
    ASSERT_TRUE(broker_->ensure(spec, kRetentionPatience));
  }

  // One chunk.
  void write(int records, const std::string& value = "value") {
    const auto writer = std::move(*broker_->writer("t"));
    for (int i = 0; i < records; ++i) ASSERT_TRUE(writer->send({"k", value, {}}, {}));
    ASSERT_TRUE(writer->flush(kRetentionPatience));
  }

  Bounds bounds() { return broker_->topics().find("t")->bounds({0}); }

  std::int64_t first_read() {
    const auto reader = std::move(*broker_->reader("t", {}));
    const auto batch = reader->next(kRetentionPatience, {});
    return batch && *batch ? (*batch)->records().front().offset.value : -1;
  }

  Metrics metrics_;
  FakeClock clock_;
  ScratchDir dir_;
  std::unique_ptr<LocalBroker> broker_;
};

TEST_F(RetentionTest, RemovesWhatIsOlderThanTheTopicKeeps) {
  open();
  for (int hour = 0; hour < 6; ++hour) {
    write(10);
    clock_.advance(std::chrono::minutes{20});
  }
  // Written 120, 100, 80, 60, 40 and 20 minutes ago.
  broker_->enforce_retention();
  EXPECT_EQ(bounds().beginning, 30);
  EXPECT_EQ(bounds().end, 60);
  EXPECT_EQ(first_read(), 30);
}

TEST_F(RetentionTest, KeepsTheEndOfALogWhoseRecordsAreAllGone) {
  open();
  write(10);
  write(5);
  clock_.advance(std::chrono::hours{2});
  broker_->enforce_retention();
  EXPECT_EQ(bounds().beginning, 15);
  EXPECT_EQ(bounds().end, 15);
  open();
  EXPECT_EQ(bounds().beginning, 15);
  EXPECT_EQ(bounds().end, 15);
  write(1);
  EXPECT_EQ(first_read(), 15);
}

TEST_F(RetentionTest, RemovesTheOldestWhenTheLogIsTooLarge) {
  constexpr std::uint64_t kMost = 4U << 20U;
  open(kMost);
  std::mt19937_64 random(1);
  std::string noise(10'000, ' ');
  for (int i = 0; i < 1000; ++i) {
    for (char& c : noise) c = static_cast<char>(random());
    write(1, noise);
  }
  EXPECT_GT(broker_->topics().find("t")->bytes(), 2 * kMost);
  broker_->enforce_retention();
  EXPECT_LE(broker_->topics().find("t")->bytes(), kMost);
  EXPECT_GT(bounds().beginning, 400);
  EXPECT_LT(bounds().beginning, 900);
  EXPECT_EQ(bounds().end, 1000);
  EXPECT_EQ(first_read(), bounds().beginning);
  const auto before = bounds().beginning;
  broker_->enforce_retention();
  EXPECT_EQ(bounds().beginning, before) << "enough was removed at once";
  open(kMost);
  EXPECT_EQ(bounds().beginning, before);
}

TEST_F(RetentionTest, FailsAReaderWhosePositionItRemoved) {
  open();
  write(10);
  ReaderOptions options;
  options.max_batch_records = 1;
  const auto reader = std::move(*broker_->reader("t", options));
  { ASSERT_TRUE(*reader->next(kRetentionPatience, {})); }
  clock_.advance(std::chrono::hours{2});
  broker_->enforce_retention();
  const auto next = reader->next(kRetentionPatience, {});
  ASSERT_FALSE(next);
  EXPECT_EQ(next.error().kind, ErrorKind::fatal);
  EXPECT_THAT(next.error().what, testing::HasSubstr("no offset 1. Records were removed"));
  EXPECT_EQ(reader->trouble(), next.error().what);
}

}  // namespace
}  // namespace wikiflow::topic::local
