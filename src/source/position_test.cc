#include "source/position.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wikiflow::source {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

constexpr std::string_view kBoth =
    R"([{"topic":"eqiad.mediawiki.recentchange","partition":0,"timestamp":1791207722236},)"
    R"({"topic":"codfw.mediawiki.recentchange","partition":0,"timestamp":1791207700000}])";
constexpr std::string_view kOffset =
    R"([{"topic":"eqiad.mediawiki.recentchange","partition":0,"timestamp":1791207722240},)"
    R"({"topic":"codfw.mediawiki.recentchange","partition":0,"offset":-1}])";

constexpr Millis kLatest = from_unix_ms(1'791'207'800'000);
constexpr Millis kAsked = from_unix_ms(1'791'207'600'000);

std::vector<Component> read(std::string_view id) {
  IdReader reader;
  const auto components = reader.read(id);
  EXPECT_TRUE(components) << id;
  return components ? **components : std::vector<Component>{};
}

Millis at(const Position& position, std::size_t i) { return *position.components().at(i).timestamp; }

TEST(IdReader, ReadsTimestampsAndOffsets) {
  const auto components = read(kOffset);
  ASSERT_EQ(components.size(), 2U);
  EXPECT_EQ(components[0].topic, "eqiad.mediawiki.recentchange");
  EXPECT_EQ(components[0].timestamp, from_unix_ms(1'791'207'722'240));
  EXPECT_EQ(components[1].timestamp, std::nullopt);
}

TEST(IdReader, ReadsTheNextIdOfTheSameShapeAnew) {
  IdReader reader;
  ASSERT_TRUE(reader.read(kBoth));
  std::string next(kBoth);
  next.replace(next.find("1791207722236"), 13, "1791207722999");
  const auto components = reader.read(next);
  ASSERT_TRUE(components);
  EXPECT_EQ((**components)[0].timestamp, from_unix_ms(1'791'207'722'999));
  EXPECT_EQ((**components)[1].timestamp, from_unix_ms(1'791'207'700'000));
}

TEST(IdReader, SeesADifferenceOutsideTheTimestamps) {
  IdReader reader;
  ASSERT_TRUE(reader.read(kBoth));
  std::string other(kBoth);
  other.replace(other.find("codfw"), 5, "esams");
  ASSERT_TRUE(reader.read(other));
  EXPECT_EQ((**reader.read(other))[1].topic, "esams.mediawiki.recentchange");
  std::string broken(kBoth);
  broken.replace(broken.find("1791207722236"), 13, "17912077222x6");
  EXPECT_FALSE(reader.read(broken));
  broken = kBoth;
  broken.back() = '}';
  EXPECT_FALSE(reader.read(broken));
}

TEST(IdReader, RefusesWhatIsNotAnId) {
  IdReader reader;
  for (const std::string_view id :
       {"", "x", "{}", "[", "[1]", "[{}]", R"([{"topic":"t","partition":0}])",
        R"([{"topic":"","partition":0,"offset":1}])", R"([{"topic":"t","partition":-1,"offset":1}])",
        R"([{"topic":"t","partition":256,"offset":1}])",
        R"([{"topic":"t","partition":0,"timestamp":1}] x)"}) {
    const auto read = reader.read(id);
    ASSERT_FALSE(read) << id;
    EXPECT_THAT(read.error().what, HasSubstr("not an id")) << id;
  }
  std::string many = "[";
  for (int i = 0; i < 17; ++i)
    many += (i > 0 ? "," : "") + std::string(R"({"topic":"t","partition":0,"offset":1})");
  EXPECT_FALSE(reader.read(many + "]"));
}

TEST(Position, KeepsTheLargestTimestampOfEachTopic) {
  Position position;
  position.advance(read(kBoth), kLatest, kAsked);
  std::string back(kBoth);
  back.replace(back.find("1791207722236"), 13, "1791207722230");
  back.replace(back.find("1791207700000"), 13, "1791207700007");
  position.advance(read(back), kLatest, kAsked);
  EXPECT_EQ(at(position, 0), from_unix_ms(1'791'207'722'236));
  EXPECT_EQ(at(position, 1), from_unix_ms(1'791'207'700'007));
}

TEST(Position, TakesTheTimeAskedForWhereATopicHasOnlyAnOffset) {
  Position position;
  position.advance(read(kOffset), kLatest, kAsked);
  EXPECT_EQ(at(position, 1), kAsked);
}

TEST(Position, BelievesTheSourceRatherThanTheTimeAskedForEvenWhenOurClockIsAhead) {
  const Millis ahead = from_unix_ms(1'791'207'799'000);
  Position position;
  position.advance(read(kOffset), kLatest, ahead);
  EXPECT_EQ(at(position, 0), from_unix_ms(1'791'207'722'240)) << "a timestamp from the first id on";
  EXPECT_EQ(at(position, 1), ahead);
  position.advance(read(kBoth), kLatest, ahead);
  EXPECT_EQ(at(position, 1), from_unix_ms(1'791'207'700'000)) << "a timestamp that comes later";
}

TEST(Position, KeepsAKnownTimestampWhenAnOffsetComes) {
  Position position;
  position.advance(read(kBoth), kLatest, kAsked);
  position.advance(read(kOffset), kLatest, kAsked);
  EXPECT_EQ(at(position, 1), from_unix_ms(1'791'207'700'000));
}

TEST(Position, IgnoresATimestampFromTheFuture) {
  Position position;
  EXPECT_FALSE(position.advance(read(kBoth), kLatest, kAsked));
  std::string future(kBoth);
  future.replace(future.find("1791207722236"), 13, "1891207722236");
  EXPECT_TRUE(position.advance(read(future), kLatest, kAsked));
  EXPECT_EQ(at(position, 0), from_unix_ms(1'791'207'722'236));
}

TEST(Position, ResumesEveryTopicLessTheMargin) {
  Position position;
  EXPECT_EQ(position.resume_id(5s), "");
  position.advance(read(kOffset), kLatest, kAsked);
  EXPECT_EQ(position.resume_id(5s),
            R"([{"topic":"eqiad.mediawiki.recentchange","partition":0,"timestamp":1791207717240},)"
            R"({"topic":"codfw.mediawiki.recentchange","partition":0,"timestamp":1791207595000}])");
}

TEST(Position, SurvivesTheRecordHeader) {
  Position position;
  position.advance(read(kBoth), kLatest, kAsked);
  std::string header;
  position.encode(header);
  const auto decoded = Position::decode(header);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(*decoded, position);
  EXPECT_EQ(position.newest(), from_unix_ms(1'791'207'722'236));
  for (std::size_t n = 1; n < header.size(); ++n) {
    const bool between_components = n == header.size() / 2;
    EXPECT_EQ(Position::decode(std::string_view(header).substr(0, n)).has_value(), between_components) << n;
  }
  EXPECT_TRUE(Position::decode("")->empty());
}

TEST(Position, HoldsABoundedNumberOfTopics) {
  Position position;
  for (int i = 0; i < 40; ++i) {
    position.advance({Component{"t" + std::to_string(i), 0, from_unix_ms(1), false}}, kLatest, kAsked);
  }
  EXPECT_EQ(position.components().size(), Position::kMaxComponents);
}

TEST(Position, TakesTheShapeOfAnother) {
  const Position mine({{"b", 0, from_unix_ms(7), false}, {"c", 0, from_unix_ms(9), false}});
  const Position shape({{"a", 0, from_unix_ms(1), false}, {"b", 0, from_unix_ms(2), false}});
  EXPECT_EQ(mine.shaped_like(shape, from_unix_ms(5)),
            Position({{"a", 0, from_unix_ms(5), true}, {"b", 0, from_unix_ms(7), false}}));
}

}  // namespace
}  // namespace wikiflow::source
