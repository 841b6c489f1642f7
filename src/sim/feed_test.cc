#include "sim/feed.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "sim/generated.h"
#include "sim/malformed.h"
#include "sim/start_test.h"

namespace wikiflow::sim {
namespace {

constexpr std::size_t kRoom = 64 * 1024;

struct Seen {
  FrameKind kind;
  std::uint64_t n;
  std::string id;
  std::string data;
};

class Observer final : public FrameObserver {
 public:
  void on_frame(FrameKind kind, std::uint64_t n, std::string_view id, std::string_view data) override {
    seen.push_back({kind, n, std::string(id), std::string(data)});
  }
  std::vector<Seen> seen;
};

// A log of `count` events, and one connection after the other that reads it.
class FeedTest : public testing::Test {
 protected:
  void use(std::uint64_t count) { log_ = Log(1, kStart, 60, count); }
  Source source() const { return {log_, events_, faults_, 1}; }

  static Start everything() { return {TopicStart{true, 0, 11}, TopicStart{true, 0, -1}}; }

  // Reads until something happens that is not a full buffer.
  Feed::Then read(Feed& feed, std::uint64_t available) {
    for (;;) {
      std::string out;
      const Feed::Then then = feed.fill(available, kRoom, out, observer_);
      bytes_ += out;
      if (then != Feed::Then::go_on) return then;
    }
  }
  Feed::Then read_all() {
    Feed feed(source(), everything(), 0);
    return read(feed, log_.count());
  }

  std::vector<std::uint64_t> numbers_of(FrameKind kind) const {
    std::vector<std::uint64_t> numbers;
    for (const Seen& frame : observer_.seen) {
      if (frame.kind == kind) numbers.push_back(frame.n);
    }
    return numbers;
  }
  std::uint64_t distinct_events() const {
    const auto numbers = numbers_of(FrameKind::event);
    return std::set<std::uint64_t>(numbers.begin(), numbers.end()).size();
  }

  Log log_{1, kStart, 60, 2000};
  Generated events_{1, 100, 1.0};
  Faults faults_{.canary = 0};
  Observer observer_;
  std::string bytes_;
};

TEST_F(FeedTest, SendsEveryEventOnceInOrderThenFinishes) {
  EXPECT_EQ(read_all(), Feed::Then::finish);
  const auto numbers = numbers_of(FrameKind::event);
  ASSERT_EQ(numbers.size(), 2000U);
  for (std::uint64_t n = 0; n < 2000; ++n) EXPECT_EQ(numbers[n], n);
}

TEST_F(FeedTest, WritesAFrameAsTheLiveStreamDoes) {
  read_all();
  const Seen& first = observer_.seen.front();
  const std::string frame = "event: message\nid: " + first.id + "\ndata: " + first.data + "\n\n";
  EXPECT_EQ(bytes_.substr(0, frame.size()), frame);
}

TEST_F(FeedTest, IdsHoldOffsetsUntilATopicHasSentAndTimestampsPlusOneFromThenOn) {
  read_all();
  std::array<std::string, 2> entries{R"("offset":11)", R"("offset":-1)"};
  for (const Seen& frame : observer_.seen) {
    entries.at(index_of(log_.site(frame.n))) =
        "\"timestamp\":" + std::to_string(unix_ms(log_.timestamp(frame.n)) + 1);
    ASSERT_EQ(frame.id, R"([{"topic":"eqiad.mediawiki.recentchange","partition":0,)" + entries[0] +
                            R"(},{"topic":"codfw.mediawiki.recentchange","partition":0,)" + entries[1] +
                            "}]");
  }
}

TEST_F(FeedTest, TwoPercentOfNeighboursShareAnId) {
  use(20'000);
  read_all();
  int same = 0;
  for (std::size_t i = 1; i < observer_.seen.size(); ++i)
    same += observer_.seen[i].id == observer_.seen[i - 1].id;
  EXPECT_NEAR(same, 400, 80);
}

TEST_F(FeedTest, ATopicThatIsNotReadIsNeitherSentNorNamed) {
  Feed feed(source(), {TopicStart{}, TopicStart{true, 5, -1}}, 0);
  EXPECT_EQ(read(feed, 2000), Feed::Then::finish);
  ASSERT_FALSE(observer_.seen.empty());
  for (const Seen& frame : observer_.seen) {
    EXPECT_EQ(log_.site(frame.n), Site::codfw);
    EXPECT_GE(frame.n, 5U);
    EXPECT_EQ(frame.id.find("eqiad"), std::string::npos);
  }
}

TEST_F(FeedTest, EachTopicBeginsAtItsOwnStart) {
  Feed feed(source(), {TopicStart{true, 900, 1}, TopicStart{true, 100, 1}}, 0);
  read(feed, 2000);
  for (const Seen& frame : observer_.seen) {
    EXPECT_GE(frame.n, log_.site(frame.n) == Site::eqiad ? 900U : 100U);
  }
  std::uint64_t expected = 0;
  for (std::uint64_t n = 100; n < 2000; ++n) expected += n >= 900 || log_.site(n) == Site::codfw ? 1U : 0U;
  EXPECT_EQ(distinct_events(), expected);
}

TEST_F(FeedTest, WaitsForWhatIsNotThereYet) {
  Feed feed(source(), everything(), 0);
  EXPECT_EQ(read(feed, 10), Feed::Then::wait);
  EXPECT_EQ(feed.waiting_for(), 11U);
  EXPECT_EQ(distinct_events(), 10U);
  EXPECT_EQ(read(feed, 11), Feed::Then::wait);
  EXPECT_EQ(distinct_events(), 11U);
}

TEST_F(FeedTest, RendersNoMoreThanTheRoomAndOneFrame) {
  Feed feed(source(), everything(), 0);
  std::string out;
  EXPECT_EQ(feed.fill(2000, 10'000, out, observer_), Feed::Then::go_on);
  EXPECT_GE(out.size(), 10'000U);
  EXPECT_LT(out.size(), 16'000U);
}

TEST_F(FeedTest, DuplicatesRepeatAnEarlierEventByteForByte) {
  faults_.duplicate = 0.1;
  read_all();
  const auto numbers = numbers_of(FrameKind::event);
  EXPECT_NEAR(static_cast<double>(numbers.size()), 2200, 60);
  EXPECT_EQ(distinct_events(), 2000U);
  std::map<std::uint64_t, std::string> first;
  for (const Seen& frame : observer_.seen) {
    EXPECT_EQ(first.emplace(frame.n, frame.data).first->second, frame.data);
  }
}

TEST_F(FeedTest, ReorderingStaysWithinItsWindowAndLosesNothing) {
  faults_.reorder = 16;
  use(1999);  // the last window is not full
  EXPECT_EQ(read_all(), Feed::Then::finish);
  const auto numbers = numbers_of(FrameKind::event);
  EXPECT_EQ(numbers.size(), 1999U);
  EXPECT_EQ(distinct_events(), 1999U);
  EXPECT_FALSE(std::is_sorted(numbers.begin(), numbers.end()));
  for (std::size_t i = 0; i < numbers.size(); ++i) EXPECT_EQ(numbers[i] / 16, i / 16);
}

TEST_F(FeedTest, AReorderedWindowIsTheSameAfterAResume) {
  faults_.reorder = 16;
  read_all();
  const auto whole = numbers_of(FrameKind::event);
  observer_.seen.clear();
  Feed feed(source(), {TopicStart{true, 100, 1}, TopicStart{true, 100, 1}}, 1);
  read(feed, 2000);
  std::vector<std::uint64_t> expected;
  std::copy_if(whole.begin(), whole.end(), std::back_inserter(expected),
               [](std::uint64_t n) { return n >= 100; });
  EXPECT_EQ(numbers_of(FrameKind::event), expected);
}

TEST_F(FeedTest, ExtraFramesComeInAdditionAndTheSameOnEveryConnection) {
  faults_.canary = 0.02;
  faults_.malformed = 0.05;
  faults_.oversized = 0.01;
  faults_.oversized_bytes = 3000;
  read_all();
  EXPECT_EQ(distinct_events(), 2000U);
  EXPECT_NEAR(static_cast<double>(numbers_of(FrameKind::canary).size()), 40, 25);
  EXPECT_NEAR(static_cast<double>(numbers_of(FrameKind::malformed).size()), 100, 40);
  EXPECT_NEAR(static_cast<double>(numbers_of(FrameKind::oversized).size()), 20, 18);
  for (const Seen& frame : observer_.seen) {
    if (frame.kind == FrameKind::oversized) {
      EXPECT_EQ(frame.data.size(), 3000U);
    }
  }
  const std::string once = std::exchange(bytes_, {});
  Feed feed(source(), everything(), 7);
  read(feed, 2000);
  EXPECT_EQ(bytes_, once);
}

TEST_F(FeedTest, ACanaryHasOnlySchemaAndMetaAndMovesItsTopicsPosition) {
  faults_.canary = 1;
  read_all();
  simdjson::dom::parser parser;
  std::set<std::string> topics;
  for (const Seen& frame : observer_.seen) {
    if (frame.kind != FrameKind::canary) continue;
    simdjson::dom::element event;
    ASSERT_EQ(parser.parse(frame.data).get(event), simdjson::SUCCESS) << frame.data;
    EXPECT_EQ(simdjson::dom::object(event).size(), 2U);
    EXPECT_EQ(event["meta"]["domain"].get_string().value(), "canary");
    const std::string topic(event["meta"]["topic"].get_string().value());
    topics.insert(topic);
    EXPECT_NE(frame.id.find(topic + R"(","partition":0,"timestamp":)" +
                            std::to_string(unix_ms(log_.timestamp(frame.n)) + 1)),
              std::string::npos);
  }
  EXPECT_EQ(topics.size(), 2U);
}

TEST_F(FeedTest, ACutComesAfterAboutSoManyEventsInTheMiddleOfAFrame) {
  faults_.cut_after_events = 400;
  std::set<std::uint64_t> at;
  for (std::uint64_t connection = 0; connection < 20; ++connection) {
    observer_.seen.clear();
    bytes_.clear();
    Feed feed(source(), everything(), connection);
    EXPECT_EQ(read(feed, 2000), Feed::Then::cut);
    EXPECT_GE(observer_.seen.size(), 200U);
    EXPECT_LE(observer_.seen.size(), 600U);
    EXPECT_EQ(std::count(bytes_.begin(), bytes_.end(), '\n') / 4, static_cast<long>(observer_.seen.size()));
    at.insert(observer_.seen.size());
  }
  EXPECT_GT(at.size(), 10U);
}

TEST_F(FeedTest, ACutByBytesLeavesNoFrameOutOfTheRecord) {
  faults_.cut_after_bytes = 100'000;
  EXPECT_EQ(read_all(), Feed::Then::cut);
  EXPECT_GE(bytes_.size(), 50'000U);
  EXPECT_LE(bytes_.size(), 156'000U);
  const std::string& last = observer_.seen.back().data;
  EXPECT_NE(bytes_.find(last + "\n\n"), std::string::npos);
}

TEST_F(FeedTest, AResetComesAfterAboutSoManyEvents) {
  faults_.reset_after = 100;
  EXPECT_EQ(read_all(), Feed::Then::reset);
  EXPECT_LE(observer_.seen.size(), 150U);
}

TEST_F(FeedTest, StallsAgainAndAgainAndGoesOn) {
  faults_.stall_after = 100;
  Feed feed(source(), everything(), 0);
  int stalls = 0;
  while (read(feed, 2000) == Feed::Then::stall) ++stalls;
  EXPECT_GE(stalls, 13);
  EXPECT_LE(stalls, 40);
  EXPECT_EQ(distinct_events(), 2000U);
}

TEST_F(FeedTest, AnErrorFrameComesWithoutAnIdAndEndsTheStream) {
  faults_.error_frames = 0.01;
  EXPECT_EQ(read_all(), Feed::Then::end);
  EXPECT_EQ(observer_.seen.back().kind, FrameKind::error);
  const std::string tail = bytes_.substr(bytes_.find("event: error\n"));
  EXPECT_EQ(tail, "event: error\ndata: " + observer_.seen.back().data + "\n\n");
  EXPECT_LT(distinct_events(), 2000U);
}

// What a client that rewinds by 5 s and remembers ids has seen after cuts of all kinds is the whole log.
TEST_F(FeedTest, NothingIsLostToAClientThatRewindsByFiveSeconds) {
  use(20'000);
  faults_ = Faults{.cut_after_events = 1500,
                   .reset_after = 4000,
                   .duplicate = 0.02,
                   .reorder = 128,
                   .malformed = 0.01,
                   .canary = 0.01,
                   .error_frames = 0.0002};
  const Reach reach{20'000, 20'000};
  Start start = everything();
  std::array<Millis, 2> position{kStart, kStart};
  std::uint64_t connections = 0;
  for (; connections < 200; ++connections) {
    Feed feed(source(), start, connections);
    const std::size_t before = observer_.seen.size();
    if (read(feed, 20'000) == Feed::Then::finish) break;
    for (std::size_t i = before; i < observer_.seen.size(); ++i) {
      Millis& at = position.at(index_of(log_.site(observer_.seen[i].n)));
      if (observer_.seen[i].kind == FrameKind::event) at = std::max(at, log_.timestamp(observer_.seen[i].n));
    }
    std::string id = "[";
    for (const Site site : kSites) {
      id += (id.size() > 1 ? "," : "") + std::string("{\"topic\":\"") + std::string(topic_of(site)) +
            "\",\"partition\":0,\"timestamp\":" +
            std::to_string(unix_ms(position.at(index_of(site)) + std::chrono::milliseconds{1 - 5000})) + "}";
    }
    start = *resolve(log_, reach, std::nullopt, id + "]");
  }
  EXPECT_GT(connections, 10U);
  EXPECT_LT(connections, 200U);
  EXPECT_EQ(distinct_events(), 20'000U);
}

TEST(Malformed, NothingOfItIsAChange) {
  simdjson::dom::parser parser;
  for (std::uint64_t kind = 0; kind < malformed_kinds(); ++kind) {
    std::string text;
    append_malformed(kind, 3, text);
    EXPECT_EQ(text.find('\n'), std::string::npos);
    simdjson::dom::element event;
    if (parser.parse(text).get(event) != simdjson::SUCCESS) continue;
    std::string_view domain;
    std::string_view title;
    const bool change = event["meta"]["domain"].get(domain) == simdjson::SUCCESS &&
                        event["title"].get(title) == simdjson::SUCCESS && !domain.empty() && !title.empty();
    EXPECT_FALSE(change) << text;
  }
}

TEST(Malformed, AnOversizedFrameIsValidJsonOfItsSize) {
  std::string text;
  append_oversized(100'000, 3, text);
  EXPECT_EQ(text.size(), 100'000U);
  simdjson::dom::parser parser;
  EXPECT_EQ(parser.parse(text).error(), simdjson::SUCCESS);
}

}  // namespace
}  // namespace wikiflow::sim
