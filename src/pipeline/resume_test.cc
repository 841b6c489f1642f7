// What a producer makes of a topic that it finds, or left behind when it was killed.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <set>
#include <thread>
#include <utility>

#include "base/clock_fake.h"
#include "event/codec.h"
#include "pipeline/frames_test.h"
#include "pipeline/ingest.h"
#include "pipeline/records_test.h"
#include "sse/stream_fake.h"
#include "topic/fake/fake.h"

namespace wikiflow::pipeline {
namespace {

using sse::FakeFrame;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::IsSupersetOf;
using testing::StartsWith;
using namespace std::chrono_literals;

constexpr std::int64_t kFrom = kFramesBegin - 1'000'000;  // where the source is told to begin

std::int64_t time_in(const std::string& id) { return std::stoll(id.substr(id.rfind(':') + 1)); }

// Serves what a resume asks for, as the service does: from the first event that is not older on.
class ServedLog final : public sse::Stream {
 public:
  explicit ServedLog(std::vector<FakeFrame> log) : log_(std::move(log)) {}

  sse::Ended run(sse::FrameSink& sink, std::stop_token stop) override {
    asked.push_back(sink.last_event_id());
    sink.on_open();
    bool reached = asked.back().empty();
    for (const FakeFrame& served : log_) {
      if (stop.stop_requested()) return sse::Ended::stopped;
      reached = reached || time_in(*served.id) >= time_in(asked.back());
      if (reached && before) before(served);
      if (reached && !sink.on_frame({served.event, served.data, *served.id})) return sse::Ended::by_sink;
    }
    while (silent && silent()) {
      if (!sink.wants_more()) return sse::Ended::by_sink;
    }
    sink.on_disconnect({sse::Cause::no_content, 204, "all served", true, std::nullopt});
    return sse::Ended::no_content;
  }

  std::vector<std::string> asked;
  std::function<void(const FakeFrame&)> before;  // each frame
  std::function<bool()> silent;                  // whether the connection stays, once all is served

 private:
  std::vector<FakeFrame> log_;
};

class ResumeTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(broker_.ensure({.name = kTopic, .partitions = 3}, 1s)); }

  // A producer reads `log` to its end. `killed`: what it then has in flight gets nowhere.
  std::string produce(std::vector<FakeFrame> log, bool killed = false) {
    ServedLog stream(std::move(log));
    return produce(stream, killed);
  }
  std::string produce(ServedLog& stream, bool killed = false, std::stop_token stop = {}) {
    source::Source source(stream, source::SourceOptions{.start = from_unix_ms(kFrom)}, clock_, metrics_);
    Ingest ingest(
        source, [this] { return broker_.writer(kTopic); },
        IngestOptions{
            .tails = tails_, .source_name = "simulator", .drain_limit = 1ms, .dedupe_window = window_},
        clock_, metrics_);
    const auto result = ingest.run(stop);
    EXPECT_EQ(result.has_value(), !killed);
    if (killed) broker_.fail_writers("killed");
    return stream.asked.empty() ? "nothing" : stream.asked.front();
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
    for (const auto& record : records()) {
      if (!has_header(record, kHeaderGap)) titles.insert(std::string(decoder.decode(record.value)->title));
    }
    return titles;
  }
  static std::multiset<std::string> expected(int from, int to) {
    std::multiset<std::string> titles;
    for (int n = from; n < to; ++n) titles.insert("t" + std::to_string(n));
    return titles;
  }
  // The ends of a record's interval, by the record's title.
  std::pair<std::int64_t, std::int64_t> interval_of(const std::string& title) const {
    for (const auto& record : records()) {
      if (record.value.find("\"" + title + "\"") == std::string::npos) continue;
      const auto interval = interval_in(record);
      if (!interval) return {-1, -1};
      return {unix_ms(*interval->from.newest()), unix_ms(*interval->through.newest())};
    }
    return {0, 0};
  }
  std::vector<topic::FakeRecord> gaps() const {
    auto all = records();
    std::erase_if(all, [](const auto& record) { return !has_header(record, kHeaderGap); });
    return all;
  }
  double count(const std::string& name) { return metrics_.counter(name, "").Value(); }

  Metrics metrics_;
  FakeClock clock_{from_unix_ms(kFramesBegin + 100'000'000)};
  topic::FakeBroker broker_{metrics_, clock_, {.max_in_flight = 1'024}};
  IngestOptions::TailsReader tails_ = [this] { return broker_.tails(kTopic, 10'000, 1s); };
  std::int64_t window_ = 0;
};

TEST_F(ResumeTest, BeginsWhereItIsToldToInAnEmptyTopic) {
  EXPECT_EQ(produce(frames(0, 10)), "");
  EXPECT_EQ(titles(), expected(0, 10));
  EXPECT_THAT(gaps(), IsEmpty());
  EXPECT_EQ(interval_of("t0"), std::pair(kFrom, kFrom)) << "nothing was acknowledged before it";
}

TEST_F(ResumeTest, GoesOnWhereTheTopicEndsAndWritesNothingTwice) {
  produce(frames(0, 100));
  const std::string asked = produce(frames(0, 150));
  EXPECT_EQ(asked, id_at(kFramesBegin + 98'000 - 5'000)) << "what the last record knew to be acknowledged";
  EXPECT_EQ(titles(), expected(0, 150));
  EXPECT_EQ(interval_of("t149").first, kFrom) << "it stands on what was there";
  EXPECT_THAT(gaps(), IsEmpty());
}

TEST_F(ResumeTest, LosesNothingThatOneOfThePartitionsDidNotGetBeforeAKill) {
  produce(frames(0, 20));
  broker_.partition_away({1}, true);
  const auto read_tails = std::exchange(tails_, [this] {
    broker_.partition_away({1}, false);
    auto tails = broker_.tails(kTopic, 10'000, 1s);
    broker_.partition_away({1}, true);
    return tails;
  });
  produce(frames(0, 600), true);
  const auto before = titles();
  ASSERT_GT(before.size(), 200U) << "two of three partitions went on";
  ASSERT_LT(before.size(), 600U);
  int first_lost = 0;
  while (before.contains("t" + std::to_string(first_lost))) ++first_lost;
  for (const auto& record : records()) {
    const auto interval = interval_in(record);
    ASSERT_TRUE(interval);
    ASSERT_LT(*interval->through.newest(), from_unix_ms(kFramesBegin + first_lost * 1'000));
  }
  broker_.partition_away({1}, false);
  tails_ = read_tails;
  produce(frames(0, 600));
  EXPECT_EQ(titles(), expected(0, 600));
}

TEST_F(ResumeTest, GoesBackFarEnoughForWhatCameLate) {
  produce({frame(0), frame(10)});
  // Younger by arrival than frame 10, older by its time: the killed producer never saw it.
  produce({frame(0), frame(7), frame(10), frame(11)});
  produce({frame(0), frame(7), frame(10), frame_at(12, kFramesBegin + 9'000), frame(11)});
  EXPECT_EQ(titles(), (std::multiset<std::string>{"t0", "t7", "t10", "t11", "t12"}));
}

TEST_F(ResumeTest, CountsWhatIsDroppedOnTheWayAsPassed) {
  const FakeFrame canary{.data = R"({"$schema":"x","meta":{"domain":"canary","id":"c"}})",
                         .id = id_at(kFramesBegin + 50'000)};
  const FakeFrame malformed{.data = "{broken", .id = id_at(kFramesBegin + 60'000)};
  FakeFrame repeat = frame(1);
  repeat.id = id_at(kFramesBegin + 70'000);
  produce({frame(1), canary, frame(51), malformed, frame(61), repeat, frame(71), frame(72)});
  EXPECT_EQ(interval_of("t51").second, kFramesBegin + 50'000);
  EXPECT_EQ(interval_of("t61").second, kFramesBegin + 60'000);
  EXPECT_EQ(interval_of("t71").second, kFramesBegin + 70'000);
  EXPECT_EQ(interval_of("t72").second, kFramesBegin + 71'000);
  EXPECT_THAT(produce({frame(72)}), HasSubstr(std::to_string(kFramesBegin + 71'000 - 5'000)));
}

TEST_F(ResumeTest, CountsWhatTheTopicHoldsAlreadyAsPassed) {
  broker_.hold_acknowledgements(true);
  produce(frames(0, 100), true);
  broker_.hold_acknowledgements(false);
  EXPECT_EQ(produce(frames(0, 101)), id_at(kFrom - 5'000)) << "nothing was known to be acknowledged";
  EXPECT_EQ(titles(), expected(0, 101));
  EXPECT_EQ(interval_of("t100").second, kFramesBegin + 99'000);
}

TEST_F(ResumeTest, SendsNothingWhileAPartitionCannotBeRead) {
  int tries = 0;
  tails_ = [&]() -> Result<std::vector<topic::Tail>> {
    EXPECT_THAT(records(), IsEmpty());
    if (++tries == 5) broker_.partition_away({2}, false);
    return broker_.tails(kTopic, 100, 1s);
  };
  broker_.partition_away({2}, true);
  EXPECT_EQ(produce(frames(0, 10)), "");
  EXPECT_EQ(tries, 5);
  EXPECT_EQ(titles(), expected(0, 10));
}

TEST_F(ResumeTest, TellsThatThePositionIsLostAmongRecordsThatSayNone) {
  broker_.append(
      kTopic, {0},
      {.key = "k", .value = R"({"domain":"d","title":"old"})", .headers = {}, .time = {}, .offset = {}});
  EXPECT_EQ(produce(frames(0, 3)), "") << "where it was told to begin";
  EXPECT_EQ(count("wikiflow_ingest_position_lost_total"), 1);
  ASSERT_EQ(gaps().size(), 1U);
  EXPECT_THAT(gaps().front().value, StartsWith(R"({"type":"gap","from":null,"to":"2026-)"));
  EXPECT_NE(produce(frames(0, 4)), "") << "now the topic says where it is";
  EXPECT_EQ(count("wikiflow_ingest_position_lost_total"), 1);
  EXPECT_EQ(titles(), (std::multiset<std::string>{"old", "t0", "t1", "t2", "t3"}));
}

TEST_F(ResumeTest, TellsThatThePositionIsLostWhenRetentionTookAllRecords) {
  produce(frames(0, 10));
  for (int p = 0; p < 3; ++p) broker_.expire(kTopic, {p}, {1'000});
  EXPECT_EQ(produce(frames(0, 10)), "");
  EXPECT_EQ(gaps().size(), 1U);
}

TEST_F(ResumeTest, WritesAGapOfTheSourceIntoTheTopic) {
  produce(frames(0, 10));
  produce(frames(500, 510));
  ASSERT_EQ(gaps().size(), 1U);
  const auto told = source::Interval::decode(header(gaps().front(), kHeaderGap));
  ASSERT_TRUE(told) << told.error().what;
  EXPECT_EQ(told->from.newest(), from_unix_ms(kFramesBegin + 8'000));
  EXPECT_EQ(told->through.newest(), from_unix_ms(kFramesBegin + 500'000));
  EXPECT_EQ(count("wikiflow_source_gaps_total"), 1);
  produce(frames(505, 520));
  EXPECT_EQ(gaps().size(), 1U) << "told once";
}

TEST_F(ResumeTest, StartsAgainFromTheTopicWhenItsWriterFails) {
  produce(frames(0, 50));
  broker_.fail_next_sends(1);
  produce(frames(0, 100));
  EXPECT_EQ(titles(), expected(0, 100));
  EXPECT_EQ(count("wikiflow_ingest_writer_reopened_total"), 1);
}

TEST_F(ResumeTest, SendsAgainWhatAFailedWriterHadInFlightThoughNothingMoreComes) {
  ServedLog stream(frames(0, 100));
  stream.silent = [&, first = true]() mutable {
    if (!std::exchange(first, false)) return false;
    EXPECT_THAT(titles(), IsEmpty());
    broker_.fail_writers("nothing was acknowledged for too long");
    broker_.away(false);
    return true;
  };
  tails_ = [this, tails = tails_, first = true]() mutable {
    auto read = tails();
    if (std::exchange(first, false)) broker_.away(true);
    return read;
  };
  produce(stream);
  EXPECT_EQ(titles(), expected(0, 100));
  EXPECT_EQ(count("wikiflow_ingest_writer_reopened_total"), 1);
}

// Two at once: one is stopped in the middle of a connection, while the other writes 400 of the next.
TEST_F(ResumeTest, GoesOnWhereTheTopicEndsWhenAnotherIsFarAhead) {
  window_ = 1'000;
  ServedLog slow(frames(0, 420));
  slow.before = [&, n = 0](const FakeFrame&) mutable {
    clock_.advance(1s);
    if (++n == 20) produce(frames(0, 400));
  };
  produce(slow);
  EXPECT_EQ(titles(), expected(0, 420)) << "nothing that the other has sent is sent again";
  EXPECT_EQ(slow.asked, (std::vector<std::string>{"", id_at(kFramesBegin + 398'000 - 5'000)}))
      << "what the last record tells, less the margin";
  EXPECT_EQ(count("wikiflow_ingest_behind_total"), 1);
}

TEST_F(ResumeTest, IsNotDisturbedByAnotherThatIsALittleAhead) {
  window_ = 1'000;
  ServedLog slow(frames(0, 300));
  slow.before = [&, n = 0](const FakeFrame&) mutable {
    clock_.advance(1s);
    if (++n == 20) produce(frames(0, 200));
  };
  produce(slow);
  EXPECT_EQ(slow.asked.size(), 1U);
  EXPECT_EQ(count("wikiflow_ingest_behind_total"), 0);
}

TEST_F(ResumeTest, SendsNothingBeforeItKnowsHowFarTheOthersAre) {
  window_ = 1'000;
  ServedLog slow(frames(0, 420));
  std::jthread mender;
  slow.before = [&, n = 0](const FakeFrame&) mutable {
    if (++n != 20) return;
    produce(frames(0, 400));
    broker_.away(true);
    mender = std::jthread([&, since = clock_.elapsed()] {
      while (clock_.elapsed() - since < 60s) std::this_thread::yield();  // waiting moves the clock
      broker_.away(false);
    });
  };
  produce(slow);
  EXPECT_EQ(titles(), expected(0, 420));
  EXPECT_EQ(count("wikiflow_ingest_behind_total"), 1);
}

TEST_F(ResumeTest, AStopDoesNotSendWhatWaitedForThat) {
  window_ = 1'000;
  ServedLog slow(frames(0, 420));
  std::stop_source stop;
  std::jthread stopper;
  slow.before = [&, n = 0](const FakeFrame&) mutable {
    if (++n != 20) return;
    produce(frames(0, 400));
    broker_.away(true);
    stopper = std::jthread([&, since = clock_.elapsed()] {
      while (clock_.elapsed() - since < 60s) std::this_thread::yield();
      stop.request_stop();
    });
  };
  produce(slow, false, stop.get_token());
  stopper.join();
  broker_.away(false);
  EXPECT_EQ(titles(), expected(0, 400)) << "the twentieth is there once";
}

// Two at once: the one that is started again goes on behind the other.
TEST_F(ResumeTest, GoesOnAtTheEndOfTheFirstStretchWithoutAHole) {
  const auto carrying = [&](int partition, std::int64_t from, std::int64_t through) {
    std::string bytes;
    const auto at = [](std::int64_t ms) {
      return source::Position({{"eqiad.mediawiki.recentchange", 0, from_unix_ms(ms), false}});
    };
    source::Interval{at(from), at(through)}.encode(bytes);
    broker_.append(kTopic, {partition},
                   {.key = "k", .value = "{}", .headers = headers_of({}, bytes), .time = {}, .offset = {}});
  };
  carrying(0, kFrom, kFramesBegin + 20'000);
  carrying(1, kFramesBegin + 10'000, kFramesBegin + 30'000);
  carrying(2, kFramesBegin + 40'000, kFramesBegin + 90'000);
  EXPECT_EQ(produce({}), id_at(kFramesBegin + 30'000 - 5'000));
}

}  // namespace
}  // namespace wikiflow::pipeline
