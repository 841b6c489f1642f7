#include "source/interval.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wikiflow::source {
namespace {

Component at(const std::string& topic, std::int64_t ms, bool assumed = false) {
  return {topic, 0, from_unix_ms(ms), assumed};
}
Interval of(const std::string& topic, std::int64_t from, std::int64_t through) {
  return {Position({at(topic, from)}), Position({at(topic, through)})};
}
std::pair<std::int64_t, std::int64_t> ends(const std::vector<Interval>& intervals) {
  const auto first = first_united(intervals);
  if (!first) return {-1, -1};
  return {unix_ms(*first->from.components().at(0).timestamp),
          unix_ms(*first->through.components().at(0).timestamp)};
}

TEST(Interval, IsReadAsItWasWritten) {
  const Interval interval{Position({at("eqiad.x", 1), at("codfw.x", 5)}),
                          Position({at("eqiad.x", 1'791'207'722'000), at("codfw.x", 5)})};
  std::string bytes = "what was there";
  interval.encode(bytes);
  const auto read = Interval::decode(bytes);
  ASSERT_TRUE(read) << read.error().what;
  EXPECT_EQ(*read, interval);
}

TEST(Interval, RefusesWhatIsNone) {
  std::string bytes;
  of("a", 1, 2).encode(bytes);
  std::string other;
  Position({at("b", 3)}).encode(other);
  for (const std::string& wrong :
       {std::string(), std::string("x"), bytes.substr(1), bytes.substr(0, bytes.size() / 2),
        bytes.substr(0, bytes.size() / 2) + other, bytes + bytes.substr(0, bytes.size() / 2)}) {
    EXPECT_FALSE(Interval::decode(wrong)) << testing::PrintToString(wrong);
  }
}

TEST(FirstUnited, UnitesWhatOverlapsOrTouches) {
  EXPECT_EQ(ends({of("a", 10, 20), of("a", 15, 30), of("a", 30, 40)}), std::pair(10L, 40L));
  EXPECT_EQ(ends({of("a", 30, 40), of("a", 10, 20), of("a", 15, 30)}), std::pair(10L, 40L)) << "in any order";
  EXPECT_EQ(ends({of("a", 10, 50), of("a", 20, 30)}), std::pair(10L, 50L)) << "one inside the other";
}

TEST(FirstUnited, EndsBeforeTheFirstHole) {
  EXPECT_EQ(ends({of("a", 10, 20), of("a", 21, 90)}), std::pair(10L, 20L));
  EXPECT_EQ(ends({of("a", 50, 90), of("a", 10, 20), of("a", 12, 22)}), std::pair(10L, 22L));
}

TEST(FirstUnited, IsNothingWithoutIntervals) { EXPECT_EQ(first_united({}), std::nullopt); }

TEST(FirstUnited, TakesEachSourceTopicByItself) {
  const std::vector<Interval> intervals{
      {Position({at("a", 10), at("b", 100)}), Position({at("a", 20), at("b", 100)})},
      {Position({at("a", 20)}), Position({at("a", 30)})},
      {Position({at("b", 300)}), Position({at("b", 400)})}};
  const auto first = first_united(intervals);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->from, Position({at("a", 10), at("b", 100)}));
  EXPECT_EQ(first->through, Position({at("a", 30), at("b", 100, true)}))
      << "of b nothing was seen yet: its time is only what was asked for";
}

TEST(FirstUnited, BelievesTheSourceMoreThanTheTimeThatWasAskedFor) {
  EXPECT_EQ(ends({of("a", 100, 90), of("a", 90, 95)}), std::pair(90L, 95L));
}

}  // namespace
}  // namespace wikiflow::source
