
#include "pipeline/ingest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "base/clock_fake.h"
#include "base/eventually.h"
#include "event/codec.h"
#include "pipeline/frames_test.h"
#include "pipeline/records_test.h"
#include "sse/stream_fake.h"
#include "topic/fake/fake.h"

namespace wikiflow::pipeline {
namespace {

using sse::FakeFrame;
using testing::HasSubstr;
using namespace std::chrono_literals;

class IngestTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(broker_.ensure({.name = kTopic, .partitions = 3}, 1s)); }
  void TearDown() override {
    stop_.request_stop();
    if (thread_.joinable()) thread_.join();
  }

  void make(std::vector<sse::FakeConnection> script,
            sse::FakeStream::Then then = sse::FakeStream::Then::no_content) {
    stream_ = std::make_unique<sse::FakeStream>(std::move(script), then);
    source_ = std::make_unique<source::Source>(
        *stream_, source::SourceOptions{.start = from_unix_ms(kFramesBegin - 1'000'000)}, clock_, metrics_);
    ingest_ = std::make_unique<Ingest>(
        *source_, [this] { return broker_.writer(kTopic); },
        IngestOptions{.tails = tails_, .source_name = "simulator", .drain_limit = drain_limit_}, clock_,
        metrics_);
  }
  void start() {
    thread_ = std::thread([this] { result_ = ingest_->run(stop_.get_token()); });
  }
  std::vector<topic::FakeRecord> records() const {
    std::vector<topic::FakeRecord> all;
    for (int p = 0; p < 3; ++p) {
      for (auto& record : broker_.records(kTopic, Partition{p})) all.push_back(std::move(record));
    }
    return all;
  }
  std::multiset<std::string> titles() const {
    std::multiset<std::string> titles;
    RecordDecoder decoder;
    for (const auto& record : records()) titles.insert(std::string(decoder.decode(record.value)->title));
    return titles;
  }
  static std::multiset<std::string> expected(int from, int to) {
    std::multiset<std::string> titles;
    for (int n = from; n < to; ++n) titles.insert("t" + std::to_string(n));
    return titles;
  }

  Metrics metrics_;
  FakeClock clock_{from_unix_ms(kFramesBegin + 100'000'000)};
  topic::FakeBroker broker_{metrics_, clock_, {.max_in_flight = 256}};
  std::chrono::milliseconds drain_limit_{2'000};
  IngestOptions::TailsReader tails_ = [this] { return broker_.tails(kTopic, 1'000, 1s); };
  std::unique_ptr<sse::FakeStream> stream_;
  std::unique_ptr<source::Source> source_;
  std::unique_ptr<Ingest> ingest_;
  std::stop_source stop_;
  std::thread thread_;
  Result<void> result_;
};

TEST_F(IngestTest, WritesEveryChangeOnceWithItsHeaders) {
  make({{.frames = frames(0, 100)}, {.frames = frames(50, 200)}});
  ASSERT_TRUE(ingest_->run(stop_.get_token()));
  EXPECT_EQ(titles(), expected(0, 200));
  for (const auto& record : records()) {
    ASSERT_EQ(record.headers.size(), 1U);
    EXPECT_EQ(record.headers[0].first, kRecordHeader);
    const auto header = RecordHeader::decode(record.headers[0].second);
    ASSERT_TRUE(header);
    RecordDecoder decoder;
    const Change change = *decoder.decode(record.value);
    EXPECT_EQ(header->id, change.id);
    const auto position = source::Position::decode(header->position);
    ASSERT_TRUE(position);
    EXPECT_EQ(position->components().at(0).topic, "eqiad.mediawiki.recentchange");
    EXPECT_EQ(header->source, "simulator");
    EXPECT_TRUE(source::Interval::decode(header->interval));
    EXPECT_EQ(record.key, "w" + std::string(1, '\0') + std::string(change.title));
  }
}

TEST_F(IngestTest, SendsAgainWhatAFailedWriterHadNotGotAcknowledged) {
  broker_.hold_acknowledgements(true);
  make({{.frames = frames(0, 200)}, {.frames = frames(0, 400)}}, sse::FakeStream::Then::repeat);
  start();
  ASSERT_TRUE(eventually([&] { return ingest_->sent() >= 200; }));
  broker_.fail_writers("the idempotent producer lost its place");
  broker_.hold_acknowledgements(false);
  ASSERT_TRUE(eventually([&] { return titles().contains("t399"); }));
  stop_.request_stop();
  thread_.join();
  ASSERT_TRUE(result_) << result_.error().what;
  const auto written = titles();
  for (const auto& title : expected(0, 400)) EXPECT_TRUE(written.contains(title)) << title;
  EXPECT_GE(metrics_.counter("wikiflow_ingest_writer_reopened_total", "").Value(), 1);
}

TEST_F(IngestTest, WritesNothingTwiceWhenAWriterFailsBetweenRecords) {
  make({{.frames = frames(0, 300)}, {.frames = frames(0, 300)}, {.frames = frames(0, 300)}});
  broker_.fail_next_sends(1);
  ASSERT_TRUE(ingest_->run(stop_.get_token()));
  EXPECT_EQ(titles(), expected(0, 300));
}

TEST_F(IngestTest, WaitsForABrokerThatCannotBeReached) {
  int tries = 0;
  stream_ = std::make_unique<sse::FakeStream>(std::vector<sse::FakeConnection>{{.frames = frames(0, 10)}});
  source_ = std::make_unique<source::Source>(*stream_, source::SourceOptions{}, clock_, metrics_);
  Ingest ingest(
      *source_,
      [&]() -> Result<std::unique_ptr<topic::Writer>> {
        if (++tries < 5) return transient("no broker at broker:9092");
        return broker_.writer(kTopic);
      },
      {}, clock_, metrics_);
  ASSERT_TRUE(ingest.run(stop_.get_token()));
  EXPECT_EQ(tries, 5);
  EXPECT_EQ(titles(), expected(0, 10));
}

TEST_F(IngestTest, EndsWhenNoWriterCanBeMadeOfTheSettings) {
  stream_ = std::make_unique<sse::FakeStream>(std::vector<sse::FakeConnection>{{.frames = frames(0, 10)}});
  source_ = std::make_unique<source::Source>(*stream_, source::SourceOptions{}, clock_, metrics_);
  Ingest ingest(
      *source_,
      []() -> Result<std::unique_ptr<topic::Writer>> { return bad_input("ssl.ca.location: no such file"); },
      {}, clock_, metrics_);
  const auto ended = ingest.run(stop_.get_token());
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().kind, ErrorKind::bad_input);
}

// Fails at once; its end waits until whoever asks what the trouble is was answered.
class SlowToEnd final : public topic::Writer {
 public:
  SlowToEnd(std::function<void()> ask, bool& answered) : ask_(std::move(ask)), answered_(answered) {}
  ~SlowToEnd() override {
    std::atomic<bool> done{false};
    const std::jthread asks([&] {
      ask_();
      done = true;
    });
    answered_ = eventually([&] { return done.load(); });
    if (!answered_) std::abort();
  }
  SlowToEnd(const SlowToEnd&) = delete;
  SlowToEnd& operator=(const SlowToEnd&) = delete;

  Result<void> send(const topic::OutRecord& /*record*/, std::stop_token /*stop*/) override {
    return fatal("it failed");
  }
  Result<void> flush(std::chrono::milliseconds /*limit*/) override { return {}; }
  std::uint64_t acknowledged() const override { return 0; }
  std::uint64_t refused() const override { return 0; }
  std::optional<std::string> trouble() const override { return std::nullopt; }

 private:
  const std::function<void()> ask_;
  bool& answered_;
};

TEST_F(IngestTest, SaysWhatTheTroubleIsWhileAWriterTakesItsTimeToEnd) {
  stream_ = std::make_unique<sse::FakeStream>(
      std::vector<sse::FakeConnection>{{.frames = frames(0, 10)}, {.frames = frames(0, 10)}});
  source_ = std::make_unique<source::Source>(*stream_, source::SourceOptions{}, clock_, metrics_);
  bool answered = false;
  Ingest* asked = nullptr;
  Ingest ingest(
      *source_,
      [&, tries = 0]() mutable -> Result<std::unique_ptr<topic::Writer>> {
        if (++tries > 1) return broker_.writer(kTopic);
        return std::make_unique<SlowToEnd>([&] { EXPECT_TRUE(asked->trouble()); }, answered);
      },
      {}, clock_, metrics_);
  asked = &ingest;
  ASSERT_TRUE(ingest.run(stop_.get_token()));
  EXPECT_TRUE(answered);
  EXPECT_EQ(titles(), expected(0, 10));
}

TEST_F(IngestTest, StopsReadingTheSourceWhileTheTopicTakesNothing) {
  tails_ = {};
  broker_.away(true);
  make({{.frames = frames(0, 10'000)}});
  start();
  ASSERT_TRUE(eventually([&] { return broker_.blocked_sends() == 1; }));
  EXPECT_LE(ingest_->sent(), 256U);
  EXPECT_TRUE(ingest_->trouble());
  broker_.away(false);
  thread_.join();
  ASSERT_TRUE(result_);
  EXPECT_EQ(titles(), expected(0, 10'000));
}

TEST_F(IngestTest, GetsEverythingItReadAcknowledgedBeforeAStopEnds) {
  make({{.frames = frames(0, 5'000)}}, sse::FakeStream::Then::wait_for_stop);
  start();
  ASSERT_TRUE(eventually([&] { return ingest_->sent() >= 1'000; }));
  stop_.request_stop();
  thread_.join();
  ASSERT_TRUE(result_) << result_.error().what;
  EXPECT_EQ(titles(), expected(0, static_cast<int>(ingest_->sent())));
}

TEST_F(IngestTest, SaysHowManyRecordsAStopHadToLeave) {
  drain_limit_ = 10ms;
  tails_ = {};
  broker_.away(true);
  make({{.frames = frames(0, 20)}}, sse::FakeStream::Then::wait_for_stop);
  start();
  ASSERT_TRUE(eventually([&] { return ingest_->sent() == 20; }));
  stop_.request_stop();
  thread_.join();
  ASSERT_FALSE(result_);
  EXPECT_THAT(result_.error().what, HasSubstr("20 records were read but not acknowledged"));
}

TEST_F(IngestTest, SaysSoWhenTheQueueWasFullToo) {
  drain_limit_ = 10ms;
  tails_ = {};
  broker_.away(true);
  make({{.frames = frames(0, 1'000)}}, sse::FakeStream::Then::wait_for_stop);
  start();
  ASSERT_TRUE(eventually([&] { return broker_.blocked_sends() == 1; }));
  stop_.request_stop();
  thread_.join();
  ASSERT_FALSE(result_);
  EXPECT_THAT(result_.error().what, HasSubstr("256 records were read but not acknowledged"));
}

TEST_F(IngestTest, PassesOverARecordThatTheTopicCanNeverTake) {
  broker_.refuse_next(1);
  make({{.frames = frames(0, 10)}});
  ASSERT_TRUE(ingest_->run(stop_.get_token()));
  EXPECT_EQ(titles(), expected(1, 10));
}

}  // namespace
}  // namespace wikiflow::pipeline
