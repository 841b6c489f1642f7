#include "source/source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "base/clock_fake.h"
#include "sse/stream_fake.h"

namespace wikiflow::source {
namespace {

using sse::FakeConnection;
using sse::FakeFrame;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::int64_t kStart = 1'791'207'722'000;

std::string uuid(int n) {
  std::string digits = std::to_string(n);
  return "00000000-0000-4000-8000-" + std::string(12 - digits.size(), '0') + digits;
}
std::string event(int n) {
  return R"({"meta":{"id":")" + uuid(n) + R"(","domain":"d","dt":"2026-10-05T14:22:02.123Z"},"title":"t)" +
         std::to_string(n) + R"(","user":"u"})";
}
std::string id_at(std::int64_t ms) {
  return R"([{"topic":"eqiad.mediawiki.recentchange","partition":0,"timestamp":)" + std::to_string(ms) +
         R"(},{"topic":"codfw.mediawiki.recentchange","partition":0,"offset":-1}])";
}
FakeFrame frame(int n) { return {.data = event(n), .id = id_at(kStart + n)}; }

class Collect final : public ChangeSink {
 public:
  bool on_change(const Change& change, const Position& at) override {
    titles.emplace_back(change.title);
    positions.push_back(at);
    return titles.size() < stop_after;
  }
  void on_dropped(const Position& at) override { dropped_at = at; }
  void on_refused(const Refused& event, const Position& at) override {
    refused.push_back((event.oversized ? "oversized " : "malformed ") + std::string(event.id) + ":" +
                      std::string(event.data) + ":" + std::to_string(event.bytes));
    dropped_at = at;
  }
  bool on_gap(const Position& asked, const Position& found) override {
    gaps.emplace_back(asked, found);
    return true;
  }
  std::vector<std::string> titles;
  std::vector<Position> positions;
  std::vector<std::pair<Position, Position>> gaps;
  Position dropped_at;
  std::vector<std::string> refused;
  std::size_t stop_after = 1'000'000;
};

class SourceTest : public testing::Test {
 protected:
  sse::Ended run(std::vector<FakeConnection> script) {
    stream_ = std::make_unique<sse::FakeStream>(std::move(script));
    source_ = std::make_unique<Source>(*stream_, SourceOptions{.start = from_unix_ms(kStart - 60'000)},
                                       clock_, metrics_);
    return source_->run(sink_, stop_.get_token());
  }
  double count(const std::string& name) { return metrics_.counter(name, "").Value(); }

  Metrics metrics_;
  FakeClock clock_{from_unix_ms(kStart)};
  std::stop_source stop_;
  Collect sink_;
  std::unique_ptr<sse::FakeStream> stream_;
  std::unique_ptr<Source> source_;
};

TEST_F(SourceTest, HandsOverChangesWithTheirPosition) {
  EXPECT_EQ(run({{.frames = {frame(1), frame(2)}}}), sse::Ended::no_content);
  EXPECT_THAT(sink_.titles, ElementsAre("t1", "t2"));
  EXPECT_EQ(sink_.positions[1].newest(), from_unix_ms(kStart + 2));
  EXPECT_EQ(source_->status().last_event, parse_rfc3339("2026-10-05T14:22:02.123Z"));
}

TEST_F(SourceTest, ResumesLessTheMarginAndDropsWhatComesAgain) {
  run({{.frames = {frame(1), frame(2)}}, {.frames = {frame(1), frame(2), frame(3)}, .end = sse::Cause::cut}});
  EXPECT_THAT(sink_.titles, ElementsAre("t1", "t2", "t3"));
  EXPECT_EQ(count("wikiflow_source_duplicates_total"), 2);
  const auto asked = stream_->last_event_ids();
  ASSERT_GE(asked.size(), 2U);
  EXPECT_EQ(asked[0], "");
  EXPECT_EQ(asked[1], R"([{"topic":"eqiad.mediawiki.recentchange","partition":0,"timestamp":1791207717002},)"
                      R"({"topic":"codfw.mediawiki.recentchange","partition":0,"timestamp":1791207657000}])");
}

TEST_F(SourceTest, LetsCanariesMoveThePositionButNothingElse) {
  const FakeFrame canary{.data = R"({"$schema":"x","meta":{"domain":"canary","id":"c"}})",
                         .id = id_at(kStart + 9'000)};
  run({{.frames = {frame(1), canary}}, {.frames = {}}});
  EXPECT_THAT(sink_.titles, ElementsAre("t1"));
  EXPECT_EQ(count("wikiflow_source_canaries_total"), 1);
  EXPECT_EQ(sink_.dropped_at.newest(), from_unix_ms(kStart + 9'000));
  EXPECT_THAT(stream_->last_event_ids().at(1), HasSubstr(std::to_string(kStart + 4'000)));
}

TEST_F(SourceTest, GoesOnAfterWhateverTheServerSends) {
  run({{.frames = {{.data = "{broken", .id = id_at(kStart + 1)},
                   {.data = "", .id = "not json"},
                   {.data = "{}", .id = std::nullopt},
                   {.oversized = 5'000'000},
                   {.data = R"({"message":"x"})", .id = std::nullopt, .event = "error"},
                   {.data = "x", .id = std::nullopt, .event = "something new"},
                   frame(5)}}});
  EXPECT_THAT(sink_.titles, ElementsAre("t5"));
  EXPECT_EQ(count("wikiflow_source_malformed_total"), 3);
  EXPECT_EQ(count("wikiflow_source_oversized_total"), 1);
  EXPECT_EQ(count("wikiflow_source_error_frames_total"), 1);
  EXPECT_GE(count("wikiflow_source_bad_ids_total"), 1);
}

TEST_F(SourceTest, TellsWhatCannotBeUnderstoodAsItCame) {
  const FakeFrame untitled{.data = R"({"meta":{"id":"m","domain":"d"}})", .id = id_at(kStart + 2)};
  run({{.frames = {frame(1), untitled, {.data = "{\"meta\"", .oversized = 5'000'000}}}});
  EXPECT_THAT(sink_.refused, ElementsAre(R"(malformed m:{"meta":{"id":"m","domain":"d"}}:32)",
                                         "oversized :{\"meta\":5000000"));
  EXPECT_EQ(sink_.dropped_at.newest(), from_unix_ms(kStart + 2));
}

TEST_F(SourceTest, IsNotMovedByAnIdFromTheFuture) {
  run({{.frames = {frame(1), {.data = event(2), .id = id_at(kStart + 120'000)}}}, {.frames = {}}});
  EXPECT_THAT(sink_.titles, ElementsAre("t1", "t2"));
  EXPECT_THAT(stream_->last_event_ids().at(1), HasSubstr(std::to_string(kStart + 1 - 5'000)));
}

TEST_F(SourceTest, ResumesWhereItIsToldAndDropsOnlyWhatItIsToldWasSeen) {
  run({{.frames = {frame(1), frame(2), frame(3)}}});
  const Position back = sink_.positions[0];
  source_->resume(back, std::vector{*EventId::parse_uuid(uuid(1)), *EventId::parse_uuid(uuid(3))});
  sink_.titles.clear();
  source_->run(sink_, stop_.get_token());
  EXPECT_THAT(sink_.titles, ElementsAre("t2"));
  const auto asked = stream_->last_event_ids();
  EXPECT_THAT(asked.at(2), HasSubstr(std::to_string(kStart + 1 - 5'000)));
  source_->resume({}, {});
  source_->run(sink_, stop_.get_token());
  EXPECT_EQ(stream_->last_event_ids().at(4), "") << "from the start again";
}

TEST_F(SourceTest, TellsOfAGapOnceWhenTheServerNoLongerHasWhatWasAskedFor) {
  clock_.advance(std::chrono::hours{1});
  const auto at = [](int n, std::int64_t ms) {
    return FakeFrame{.data = event(n), .id = id_at(kStart + ms)};
  };
  run({{.frames = {at(1, 0), at(2, 500'000)}},  // a pause of the stream itself
       {.frames = {at(2, 500'000), at(3, 561'000), at(4, 900'000)}},
       {.frames = {at(5, 960'001), at(6, 1'900'000)}}});
  EXPECT_THAT(sink_.titles, ElementsAre("t1", "t2", "t3", "t4", "t5", "t6"));
  ASSERT_EQ(sink_.gaps.size(), 1U);
  EXPECT_EQ(sink_.gaps[0].first.newest(), from_unix_ms(kStart + 900'000));
  EXPECT_EQ(sink_.gaps[0].second.newest(), from_unix_ms(kStart + 960'001));
  EXPECT_EQ(count("wikiflow_source_gaps_total"), 1);
}

TEST_F(SourceTest, TakesNoGapWhereItOnlyBegins) {
  clock_.advance(std::chrono::hours{1});
  run({{.frames = {{.data = event(1), .id = id_at(kStart + 600'000)}}}});
  EXPECT_TRUE(sink_.gaps.empty());
  // Nor where it goes back to a time that was asked for, but never seen.
  source_->resume(Position({{"eqiad.mediawiki.recentchange", 0, from_unix_ms(1), true}}), {});
  source_->run(sink_, stop_.get_token());
  EXPECT_EQ(sink_.titles.size(), 2U);
  EXPECT_TRUE(sink_.gaps.empty());
}

TEST_F(SourceTest, EndsWhenTheSinkHasEnough) {
  sink_.stop_after = 2;
  EXPECT_EQ(run({{.frames = {frame(1), frame(2), frame(3)}}}), sse::Ended::by_sink);
  EXPECT_THAT(sink_.titles, ElementsAre("t1", "t2"));
}

TEST_F(SourceTest, SaysWhyItIsNotConnected) {
  stream_ = std::make_unique<sse::FakeStream>(std::vector<FakeConnection>{
      {.end = sse::Cause::no_content, .status = 204, .detail = "204: do not come back"}});
  source_ = std::make_unique<Source>(*stream_, SourceOptions{}, clock_, metrics_);
  source_->run(sink_, stop_.get_token());
  EXPECT_FALSE(source_->status().connected);
  EXPECT_EQ(source_->status().trouble, "204: do not come back");
}

}  // namespace
}  // namespace wikiflow::source
