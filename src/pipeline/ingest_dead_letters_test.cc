// What can be no record: passed once its dead letter is acknowledged, and not before.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "base/clock_fake.h"
#include "base/eventually.h"
#include "event/codec.h"
#include "pipeline/frames_test.h"
#include "pipeline/ingest.h"
#include "pipeline/records_test.h"
#include "sse/stream_fake.h"
#include "topic/fake/fake.h"

namespace wikiflow::pipeline {
namespace {

using sse::FakeFrame;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;
using namespace std::chrono_literals;

FakeFrame malformed(int n) {
  return {.data = R"({"meta":{"id":"x)" + std::to_string(n) + R"(","domain":"d"}})",
          .id = id_at(kFramesBegin + n * 1'000)};
}

class IngestDeadLettersTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(broker_.ensure({.name = kTopic, .partitions = 1}, 1s));
    ASSERT_TRUE(broker_.ensure({.name = kLetters, .partitions = 1}, 1s));
    letters_ = std::make_unique<DeadLetters>(
        [this]() -> Result<std::unique_ptr<topic::Writer>> {
          if (letters_away_) return transient("the dead-letter topic is away");
          return broker_.writer(kLetters);
        },
        [this] { return broker_.tails(kLetters, 100, 1s); }, DeadLettersOptions{.by = {}, .max_waiting = 3},
        system_clock(), metrics_);
  }
  void TearDown() override { stop(); }

  void make(std::vector<FakeFrame> frames, sse::FakeStream::Then then = sse::FakeStream::Then::no_content) {
    stream_ = std::make_unique<sse::FakeStream>(
        std::vector<sse::FakeConnection>{{.frames = std::move(frames)}}, then);
    source_ = std::make_unique<source::Source>(
        *stream_, source::SourceOptions{.start = from_unix_ms(kFramesBegin - 1'000'000)}, clock_, metrics_);
    ingest_ = std::make_unique<Ingest>(
        *source_, [this] { return broker_.writer(kTopic); },
        IngestOptions{.tails = [this] { return broker_.tails(kTopic, tails_, 1s); },
                      .drain_limit = drain_limit_,
                      .dead_letters = letters_.get(),
                      .topic = kTopic},
        clock_, metrics_);
  }
  void start() {
    thread_ = std::thread([this] { result_ = ingest_->run(stop_.get_token()); });
  }
  void stop() {
    stop_.request_stop();
    if (thread_.joinable()) thread_.join();
  }
  std::vector<std::string> letters() const {
    std::vector<std::string> values;
    for (const auto& record : broker_.records(kLetters, Partition{0})) values.push_back(record.value);
    return values;
  }
  std::vector<std::string> letter_headers(const std::string& wanted) const {
    std::vector<std::string> values;
    for (const auto& record : broker_.records(kLetters, Partition{0})) {
      for (const auto& [name, value] : record.headers) {
        if (name == wanted) values.push_back(value);
      }
    }
    return values;
  }
  // Up to where the newest record says that all is acknowledged, in seconds from the first event's.
  std::int64_t through() const {
    const auto records = broker_.records(kTopic, Partition{0});
    const auto interval = interval_in(records.back());
    return interval ? (unix_ms(*interval->through.newest()) - kFramesBegin) / 1'000 : -1;
  }

  Metrics metrics_;
  FakeClock clock_{system_clock().now()};
  topic::FakeBroker broker_{metrics_, system_clock()};
  std::atomic<bool> letters_away_{false};
  std::chrono::milliseconds drain_limit_{5'000};
  std::size_t tails_ = 1'000;
  std::unique_ptr<DeadLetters> letters_;
  std::unique_ptr<sse::FakeStream> stream_;
  std::unique_ptr<source::Source> source_;
  std::unique_ptr<Ingest> ingest_;
  std::stop_source stop_;
  std::thread thread_;
  Result<void> result_;
};

TEST_F(IngestDeadLettersTest, KeepsWhatIsMalformedOversizedOrRefused) {
  broker_.refuse_next(1);
  make({frame(1), malformed(2), {.data = "{\"meta\":", .oversized = 5'000'000}, frame(3), malformed(2)});
  ASSERT_TRUE(ingest_->run(stop_.get_token()));
  EXPECT_THAT(letters(), UnorderedElementsAre(HasSubstr(R"("title":"t1")"), malformed(2).data, "{\"meta\":"))
      << "the repeat is no other letter";
  EXPECT_THAT(letter_headers("wikiflow-dead-reason"),
              UnorderedElementsAre("refused", "malformed", "oversized"));
  EXPECT_THAT(
      letter_headers("wikiflow-dead-origin"),
      UnorderedElementsAre(HasSubstr("record for changes sha256:"), "event x2", HasSubstr("event sha256:")));
  EXPECT_THAT(letter_headers("wikiflow-dead-size"), Contains("5000000"));
}

TEST_F(IngestDeadLettersTest, PassesItOnlyOnceItsLetterIsAcknowledged) {
  letters_away_ = true;
  drain_limit_ = 50ms;
  std::vector<FakeFrame> served{frame(1), malformed(2)};
  for (int n = 3; n < 300; ++n) served.push_back(frame(n));
  make(served);
  const auto ended = ingest_->run(stop_.get_token());
  ASSERT_FALSE(ended);
  EXPECT_THAT(ended.error().what, HasSubstr("dead letters are not acknowledged"));
  EXPECT_EQ(broker_.records(kTopic, Partition{0}).size(), 298U) << "what is sound goes on";
  EXPECT_LE(through(), 1);

  letters_away_ = false;
  drain_limit_ = 30s;
  served.push_back(frame(300));
  make(served);
  ASSERT_TRUE(ingest_->run(stop_.get_token()));
  EXPECT_THAT(stream_->last_event_ids().at(0), HasSubstr(std::to_string(kFramesBegin + 1'000 - 5'000)));
  EXPECT_THAT(letters(), ElementsAre(malformed(2).data));
}

TEST_F(IngestDeadLettersTest, ARecordThatIsRefusedHoldsBackThePositionsAfterIt) {
  letters_away_ = true;
  drain_limit_ = 50ms;
  broker_.refuse_next(1);
  std::vector<FakeFrame> served;
  for (int n = 1; n < 300; ++n) served.push_back(frame(n));
  make(served);
  EXPECT_FALSE(ingest_->run(stop_.get_token()));
  EXPECT_EQ(through(), -1'000) << "nothing is passed but where it was to begin";
}

TEST_F(IngestDeadLettersTest, ReadsNoFurtherWhileTooManyLettersWait) {
  letters_away_ = true;
  std::vector<FakeFrame> served;
  for (int n = 1; n < 6; ++n) served.push_back(malformed(n));
  served.push_back(frame(6));
  make(served);
  start();
  ASSERT_TRUE(eventually([&] {
    return letters_->full() && ingest_->trouble() == "dead letters: the dead-letter topic is away";
  }));
  EXPECT_EQ(ingest_->sent(), 0U);
  letters_away_ = false;
  thread_.join();
  ASSERT_TRUE(result_) << result_.error().what;
  EXPECT_EQ(ingest_->sent(), 1U);
  EXPECT_EQ(letters().size(), 5U);
}

// Else a start would go back to the letter, over more than consumers remember.
TEST_F(IngestDeadLettersTest, SendsOnlySoMuchAfterALetterThatWaits) {
  letters_away_ = true;
  std::vector<FakeFrame> served{malformed(1)};
  for (int n = 2; n < 20'000; ++n) served.push_back(frame(n));
  make(served);
  start();
  ASSERT_TRUE(eventually([&] { return clock_.elapsed() >= 60s; })) << "it waits, which moves the clock";
  EXPECT_EQ(ingest_->sent(), 16'384U);
  letters_away_ = false;
  thread_.join();
  ASSERT_TRUE(result_) << result_.error().what;
  EXPECT_EQ(ingest_->sent(), 19'998U);
  EXPECT_EQ(letters().size(), 1U);
}

TEST_F(IngestDeadLettersTest, SeveralStartsGetNoFurtherThanOne) {
  letters_away_ = true;
  drain_limit_ = 50ms;
  std::vector<FakeFrame> served{malformed(1)};
  for (int n = 2; n < 20'000; ++n) served.push_back(frame(n));
  tails_ = 32'768;
  for (int starts = 0; starts < 2; ++starts) {
    stop_ = std::stop_source();
    make(served, sse::FakeStream::Then::wait_for_stop);
    start();
    ASSERT_TRUE(eventually([&, since = clock_.elapsed()] { return clock_.elapsed() - since >= 60s; }));
    stop();
    EXPECT_EQ(broker_.records(kTopic, Partition{0}).size(), 16'384U);
  }
}

TEST_F(IngestDeadLettersTest, AStopEndsWaitingForALetter) {
  letters_away_ = true;
  drain_limit_ = 50ms;
  std::vector<FakeFrame> served{malformed(1)};
  for (int n = 2; n < 20'000; ++n) served.push_back(frame(n));
  make(served, sse::FakeStream::Then::wait_for_stop);
  start();
  ASSERT_TRUE(eventually([&] { return clock_.elapsed() >= 60s; }));
  stop();
  EXPECT_FALSE(result_);
  EXPECT_EQ(broker_.records(kTopic, Partition{0}).size(), 16'384U);
}

TEST_F(IngestDeadLettersTest, KeepsNoPositionsOfLettersThatAreAcknowledged) {
  std::vector<FakeFrame> served;
  for (int n = 1; n < 1'000; ++n) served.push_back(malformed(n));
  make(served);
  ASSERT_TRUE(ingest_->run(stop_.get_token()));
  EXPECT_EQ(letters().size(), 999U);
  EXPECT_LE(metrics_.gauge("wikiflow_ingest_positions_waiting", "").Value(), 4) << "as many as letters wait";
}

TEST_F(IngestDeadLettersTest, AStopThatFindsNoRoomForALetterPassesNothingAfterIt) {
  letters_away_ = true;
  drain_limit_ = 50ms;
  std::vector<FakeFrame> served{frame(1)};
  for (int n = 2; n < 7; ++n) served.push_back(malformed(n));
  make(served, sse::FakeStream::Then::wait_for_stop);
  start();
  ASSERT_TRUE(eventually([&] { return letters_->full(); }));
  stop();
  EXPECT_FALSE(result_);
  letters_away_ = false;
  ASSERT_TRUE(letters_->flush(30s));
  stop_ = std::stop_source();
  make({frame(8)});
  ASSERT_TRUE(ingest_->run(stop_.get_token()));
  EXPECT_THAT(stream_->last_event_ids().at(0), HasSubstr(std::to_string(kFramesBegin - 1'000'000 - 5'000)))
      << "the one record there is was sent before anything was acknowledged";
}

}  // namespace
}  // namespace wikiflow::pipeline
