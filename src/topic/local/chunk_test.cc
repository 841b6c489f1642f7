#include "topic/local/chunk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace wikiflow::topic::local {
namespace {

TEST(ChunkKey, SortsByTopicPartitionAndOffset) {
  std::vector<std::string> keys{
      encode({1, {0}, {0}}),   encode({1, {0}, {255}}), encode({1, {0}, {256}}),      encode({1, {1}, {0}}),
      encode({1, {300}, {7}}), encode({2, {0}, {0}}),   encode({2, {0}, {1LL << 40}})};
  EXPECT_TRUE(std::ranges::is_sorted(keys));
  const auto last = decode_key(keys.back());
  ASSERT_TRUE(last);
  EXPECT_EQ(last->topic, 2U);
  EXPECT_EQ(last->first.value, 1LL << 40);
  EXPECT_EQ(decode_key(keys[4])->partition.number, 300);
  EXPECT_FALSE(decode_key("short"));
}

TEST(Chunk, GivesRecordsBackAsTheyWere) {
  std::string chunk;
  const std::string long_value(100'000, 'v');
  const std::string binary("\x00\xff", 2);
  const std::vector<Header> headers{{"h", "1"}, {"h", "2"}, {"empty", ""}, {"binary", binary}};
  append_record(from_unix_ms(12345), {"key", long_value, headers}, chunk);
  append_record(from_unix_ms(-1), {"", "", {}}, chunk);
  std::string_view rest = chunk;
  const auto first = take_record(rest);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->time, from_unix_ms(12345));
  EXPECT_EQ(first->key, "key");
  EXPECT_EQ(first->value, long_value);
  EXPECT_EQ(find_header(first->headers, "h"), "2") << "the last of a name";
  EXPECT_EQ(find_header(first->headers, "empty"), "");
  EXPECT_EQ(find_header(first->headers, "binary"), binary);
  EXPECT_EQ(find_header(first->headers, "missing"), std::nullopt);
  const auto second = take_record(rest);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->time, from_unix_ms(-1));
  EXPECT_EQ(second->key, "");
  EXPECT_EQ(find_header(second->headers, "h"), std::nullopt);
  EXPECT_FALSE(take_record(rest));
  EXPECT_TRUE(rest.empty());
}

TEST(Chunk, StopsBeforeARecordThatIsCutOff) {
  std::string chunk;
  const std::vector<Header> headers{{"name", "value"}};
  append_record(from_unix_ms(1), {"key", "value", headers}, chunk);
  for (std::size_t size = 0; size < chunk.size(); ++size) {
    std::string_view rest = std::string_view(chunk).substr(0, size);
    EXPECT_FALSE(take_record(rest)) << size;
    EXPECT_EQ(rest.size(), size);
  }
}

TEST(Chunk, RefusesALengthThatNeverEnds) {
  std::string bytes(8, '\0');
  bytes.append(20, '\xff');
  std::string_view rest = bytes;
  EXPECT_FALSE(take_record(rest));
  EXPECT_EQ(find_header(std::string(20, '\xff'), "h"), std::nullopt);
}

}  // namespace
}  // namespace wikiflow::topic::local
