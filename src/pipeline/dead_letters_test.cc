
#include "pipeline/dead_letters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "base/eventually.h"
#include "pipeline/records_test.h"
#include "topic/fake/fake.h"

namespace wikiflow::pipeline {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

DeadLetter event(const std::string& data, const std::string& why = "not JSON") {
  return dead_event({.oversized = false, .data = data, .bytes = data.size(), .id = {}, .why = why});
}

class DeadLettersTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(broker_.ensure({.name = kLetters, .partitions = 1}, 1s)); }

  void make(const DeadLettersOptions& options = {.by = "test 1.0"}) {
    letters_.reset();
    letters_ = std::make_unique<DeadLetters>(
        [this]() -> Result<std::unique_ptr<topic::Writer>> {
          ++opened_;
          if (refused_) return transient(*refused_);
          return broker_.writer(kLetters);
        },
        [this] { return broker_.tails(kLetters, 100, 1s); }, options, clock_, metrics_);
  }
  std::vector<topic::FakeRecord> written() const { return broker_.records(kLetters, Partition{0}); }
  double count(const std::string& reason) {
    return metrics_.counter("wikiflow_dead_letters_total", "", {{"reason", reason}}).Value();
  }

  Metrics metrics_;
  Clock& clock_ = system_clock();
  topic::FakeBroker broker_{metrics_, clock_};
  std::atomic<int> opened_{0};
  std::optional<std::string> refused_;
  std::unique_ptr<DeadLetters> letters_;
};

TEST_F(DeadLettersTest, WritesTheBytesAsTheyCameAndWhatIsKnownOfThem) {
  make();
  EXPECT_EQ(opened_, 0) << "asked for the topic before there was anything to write";
  const std::string data = "{broken \xFF";
  EXPECT_EQ(letters_->put(event(data, "not JSON: TAPE_ERROR"), {}), 1U);
  ASSERT_TRUE(letters_->flush(10s));
  EXPECT_EQ(letters_->acknowledged(), 1U);
  ASSERT_EQ(written().size(), 1U);
  const auto record = written().front();
  EXPECT_EQ(record.value, data);
  EXPECT_EQ(header(record, "wikiflow-dead-reason"), "malformed");
  EXPECT_EQ(header(record, "wikiflow-dead-why"), "not JSON: TAPE_ERROR");
  EXPECT_THAT(header(record, "wikiflow-dead-origin"), HasSubstr("event sha256:"));
  EXPECT_EQ(header(record, "wikiflow-dead-by"), "test 1.0");
  EXPECT_EQ(header(record, "wikiflow-dead-size"), std::to_string(data.size()));
  EXPECT_TRUE(parse_rfc3339(header(record, "wikiflow-dead-time")));
  EXPECT_EQ(record.key, header(record, "wikiflow-dead-id"));
  EXPECT_EQ(count("malformed"), 1);
}

TEST_F(DeadLettersTest, CutsWhatIsTooLongAndSaysSoWithAHashOfTheWhole) {
  make();
  letters_->put(event(std::string(100'000, 'x')), {});
  ASSERT_TRUE(letters_->flush(10s));
  const auto record = written().at(0);
  EXPECT_EQ(record.value, std::string(DeadLetter::kKeptBytes, 'x'));
  EXPECT_EQ(header(record, "wikiflow-dead-size"), "100000");
  EXPECT_EQ(header(record, "wikiflow-dead-sha256").size(), 64U);
}

TEST_F(DeadLettersTest, WritesTheSameOnceNowAndAfterAStart) {
  make();
  letters_->put(event("a"), {});
  letters_->put(event("a"), {});
  ASSERT_TRUE(letters_->flush(10s));
  EXPECT_EQ(letters_->put(event("a"), {}), 0U);
  make();
  letters_->put(event("a"), {});
  letters_->put(event("b"), {});
  ASSERT_TRUE(letters_->flush(10s));
  EXPECT_EQ(written().size(), 2U);
  EXPECT_EQ(letters_->put(event("a"), {}), 0U);
}

TEST_F(DeadLettersTest, KnowsARecordByItsPlaceAndTheTopicsGeneration) {
  const topic::Record record{.key = "k", .value = "junk", .offset = Offset{7}, .time = {}};
  const auto letter = [&](const char* generation, int partition) {
    return dead_record("changes", generation, Partition{partition}, record, "not JSON");
  };
  EXPECT_EQ(letter("first", 3).origin, "record changes/3/7");
  EXPECT_EQ(letter("first", 3).id, letter("first", 3).id);
  EXPECT_NE(letter("first", 3).id, letter("second", 3).id);
  EXPECT_NE(letter("first", 3).id, letter("first", 4).id);
}

TEST_F(DeadLettersTest, AcknowledgesNothingWhileTheTopicCannotBeWrittenAndGoesOnByItself) {
  refused_ = "no broker at broker:9092";
  make();
  EXPECT_EQ(letters_->trouble(), std::nullopt) << "there is nothing to write";
  letters_->put(event("a"), {});
  ASSERT_TRUE(eventually([&] { return letters_->trouble() == refused_; }));
  EXPECT_FALSE(letters_->flush(10ms));
  EXPECT_EQ(letters_->acknowledged(), 0U);
  refused_.reset();
  ASSERT_TRUE(letters_->flush(30s));
  EXPECT_EQ(letters_->trouble(), std::nullopt);
  EXPECT_EQ(written().size(), 1U);
}

TEST_F(DeadLettersTest, SendsAgainWhatAFailedWriterHadNotGotAcknowledged) {
  make();
  broker_.hold_acknowledgements(true);
  for (const char* data : {"a", "b", "c"}) letters_->put(event(data), {});
  ASSERT_TRUE(eventually([&] { return written().size() == 3; }));
  broker_.fail_writers("the idempotent producer lost its place");
  ASSERT_TRUE(eventually([&] { return written().size() == 6; })) << "twice, but each under its one id";
  broker_.hold_acknowledgements(false);
  ASSERT_TRUE(letters_->flush(30s));
  EXPECT_EQ(letters_->acknowledged(), 3U);
}

TEST_F(DeadLettersTest, DoesNotPassALetterThatTheTopicRefuses) {
  make();
  broker_.refuse_next(1);
  letters_->put(event("a"), {});
  ASSERT_TRUE(letters_->flush(30s));
  EXPECT_EQ(written().size(), 1U);
  EXPECT_EQ(metrics_.counter("wikiflow_dead_letter_failures_total", "").Value(), 1);
}

TEST_F(DeadLettersTest, WaitsForRoomUntilItIsStopped) {
  refused_ = "away";
  make({.by = {}, .max_waiting = 2});
  letters_->put(event("a"), {});
  EXPECT_FALSE(letters_->full());
  letters_->put(event("b"), {});
  EXPECT_TRUE(letters_->full());
  std::stop_source stop;
  DeadLetters::Ticket ticket = 0;
  std::thread waits([&] { ticket = letters_->put(event("c"), stop.get_token()); });
  stop.request_stop();
  waits.join();
  EXPECT_EQ(ticket, DeadLetters::kNever);
  EXPECT_EQ(letters_->put_at_once(event("d")), 3U) << "never waits";
}

}  // namespace
}  // namespace wikiflow::pipeline
