#include "sim/resume.h"

#include <gtest/gtest.h>

#include <string>

#include "sim/start_test.h"

namespace wikiflow::sim {
namespace {

constexpr std::uint64_t kThere = 5000;
constexpr Reach kReach{kThere, kThere};

const Log& test_log() {
  static const Log log(1, kStart, 60, 0);
  return log;
}

auto since(const std::string& text) { return resolve(test_log(), kReach, text, ""); }
auto resume(const std::string& id) { return resolve(test_log(), kReach, std::nullopt, id); }

std::string entry(const std::string& topic, const std::string& where, const std::string& partition = "0") {
  return R"({"topic":")" + topic + R"(","partition":)" + partition + "," + where + "}";
}
std::string timestamp(Millis t) { return R"("timestamp":)" + std::to_string(unix_ms(t)); }
std::string offset(std::int64_t o) { return R"("offset":)" + std::to_string(o); }

constexpr const char* kEqiad = "eqiad.mediawiki.recentchange";
constexpr const char* kCodfw = "codfw.mediawiki.recentchange";

TEST(Resume, WithoutAPositionStartsBothTopicsAtTheEnd) {
  const auto start = resolve(test_log(), {kThere, 1234}, std::nullopt, "");
  ASSERT_TRUE(start);
  for (const TopicStart& topic : *start) EXPECT_EQ(topic, (TopicStart{true, 1234, -1}));
}

TEST(Resume, SinceStartsEachTopicAtItsFirstRecordNotBefore) {
  const Millis at = kStart + std::chrono::seconds{20};
  const auto start = since(std::to_string(unix_ms(at)));
  ASSERT_TRUE(start);
  for (const Site site : kSites) {
    const TopicStart& topic = start->at(index_of(site));
    EXPECT_TRUE(topic.read);
    EXPECT_EQ(topic.from, test_log().first_at(site, at, kThere));
    EXPECT_EQ(topic.shown, Log::offset(site, topic.from));
  }
  EXPECT_EQ(since(format_rfc3339(at)), start);
}

TEST(Resume, ReadsTheUsualWaysToWriteATime) {
  const auto day = parse_rfc3339("2026-11-01T00:00:00Z");
  EXPECT_EQ(parse_since("2026-11-01"), day);
  EXPECT_EQ(parse_since("2026-11-01T00:00"), day);
  EXPECT_EQ(parse_since("2026-11-01T00:00:00"), day);
  EXPECT_EQ(parse_since("2026-11-01T00:00:00.000Z"), day);
  EXPECT_EQ(parse_since("2026-11-01T02:00:00+02:00"), day);
  EXPECT_EQ(parse_since(std::to_string(unix_ms(*day))), day);
  EXPECT_EQ(parse_since("-5"), Millis{});
  for (const char* const bad : {"", "yesterday", "20261101x", "2026-13-01", "1791207722000 "}) {
    EXPECT_EQ(parse_since(bad), std::nullopt) << bad;
  }
}

TEST(Resume, ATimeTooOldStartsAtTheBeginningWithoutAWord) {
  const auto start = since("1970-01-01T00:00:00Z");
  ASSERT_TRUE(start);
  EXPECT_EQ(std::min(start->at(0).from, start->at(1).from), 0U);
}

TEST(Resume, ATimeAfterEverythingStartsAtTheEndWithoutAWord) {
  const auto start = since("2030-01-01");
  ASSERT_TRUE(start);
  for (const TopicStart& topic : *start) EXPECT_EQ(topic, (TopicStart{true, kThere, -1}));
  EXPECT_EQ(since("99999999999999999"), start);
}

TEST(Resume, ASinceThatIsNoTimeIsRefused) {
  const auto refused = since("yesterday");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().status, 400);
  EXPECT_NE(refused.error().message.find("yesterday"), std::string::npos);
}

TEST(Resume, LastEventIdOverridesSince) {
  const std::string id =
      "[" + entry(kEqiad, timestamp(kStart)) + "," + entry(kCodfw, timestamp(kStart)) + "]";
  EXPECT_EQ(resolve(test_log(), kReach, "2030-01-01", id), resume(id));
}

TEST(Resume, SkipsTheOthersOfTheSameMillisecond) {
  std::uint64_t n = 1;
  while (test_log().timestamp(n) != test_log().timestamp(n - 1)) ++n;
  const Site site = test_log().site(n);
  const auto start = resume("[" +
                            entry(std::string(topic_of(site)),
                                  timestamp(test_log().timestamp(n - 1) + std::chrono::milliseconds{1})) +
                            "]");
  ASSERT_TRUE(start);
  EXPECT_GT(start->at(index_of(site)).from, n);
}

TEST(Resume, ATopicThatIsNotNamedIsNotRead) {
  const auto start = resume("[" + entry(kCodfw, timestamp(kStart)) + "]");
  ASSERT_TRUE(start);
  EXPECT_FALSE(start->at(0).read);
  EXPECT_TRUE(start->at(1).read);
}

TEST(Resume, OffsetMinusOneIsTheEnd) {
  const auto start = resume("[" + entry(kEqiad, offset(-1)) + "]");
  ASSERT_TRUE(start);
  EXPECT_EQ(start->at(0), (TopicStart{true, kThere, -1}));
}

TEST(Resume, AnOffsetBeatsATimestamp) {
  std::uint64_t n = 700;
  while (test_log().site(n) != Site::eqiad) ++n;
  const std::int64_t at = Log::offset(Site::eqiad, n);
  const auto start = resume("[" + entry(kEqiad, timestamp(kStart) + "," + offset(at)) + "]");
  ASSERT_TRUE(start);
  EXPECT_EQ(start->at(0), (TopicStart{true, n, at}));
}

TEST(Resume, AnUnknownTopicOrPartitionIsNotFound) {
  EXPECT_EQ(resume("[" + entry("esams.mediawiki.recentchange", offset(5)) + "]").error().status, 404);
  EXPECT_EQ(resume("[" + entry(kEqiad, offset(5), "1") + "]").error().status, 404);
}

TEST(Resume, AnythingElseIsABadRequest) {
  const std::string good = entry(kEqiad, offset(5));
  for (const std::string& bad :
       {std::string("x"), std::string("{}"), std::string("[]"), std::string("[1]"), "[" + good,
        "[" + good + "]x", "[" + entry(kEqiad, R"("offset":"5")") + "]",
        "[" + entry(kEqiad, offset(-7)) + "]", "[" + entry(kEqiad, R"("nothing":0)") + "]",
        std::string(R"([{"topic":"a"}])")}) {
    const auto refused = resume(bad);
    ASSERT_FALSE(refused) << bad;
    EXPECT_EQ(refused.error().status, 400) << bad;
  }
}

}  // namespace
}  // namespace wikiflow::sim
